import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { answered, api } from "../api/client";
import type { components } from "../api/schema";
import { whyNot } from "../elements/problems";
import { LanguageChoice } from "../frame/LanguageChoice";
import { useTexts } from "../i18n/texts";
import { keys } from "../live/live";
import styles from "./session.module.css";

type DemoUser = components["schemas"]["DemoUserOut"];

export function LogIn({ offered }: { offered: readonly DemoUser[] }) {
  const texts = useTexts();
  const { t } = texts;
  const client = useQueryClient();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState<string>();

  const signIn = async (body: { user: string } | { token: string }) => {
    setFailure(undefined);
    setBusy("user" in body ? body.user : "token");
    try {
      await answered(api.POST("/v1/session", { body }));
      await client.invalidateQueries({ queryKey: keys.session });
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(undefined);
    }
  };

  return (
    <main className={styles["page"]}>
      <div className={styles["card"]}>
        <img src="/favicon.svg" alt="" width={36} height={36} />
        <h1>{t("login.title")}</h1>
        <p className={styles["lead"]}>{t("login.lead")}</p>
        {offered.length > 0 && <DemoChoice users={offered} busy={busy} choose={(user) => void signIn({ user })} />}
        {offered.length === 0 && <TokenForm busy={busy === "token"} submit={(token) => void signIn({ token })} />}
        {failure !== undefined && (
          <p role="alert" className={styles["failure"]}>
            {whyNot(failure, texts)}
          </p>
        )}
      </div>
      <LanguageChoice />
    </main>
  );
}

interface DemoChoiceProps {
  users: readonly DemoUser[];
  busy: string | undefined;
  choose: (user: string) => void;
}

function DemoChoice({ users, busy, choose }: DemoChoiceProps) {
  const { t, open } = useTexts();
  const sellers = [...new Map(users.map((user) => [user.seller.id, user.seller])).values()];
  return (
    <>
      <p className={styles["hint"]}>{t("login.demo")}</p>
      {sellers.map((seller) => (
        <section key={seller.id} aria-label={seller.name}>
          <h2>{seller.name}</h2>
          <div className={styles["roles"]}>
            {users
              .filter((user) => user.seller.id === seller.id)
              .map((user) => {
                const role = user.roles[0] ?? user.user;
                return (
                  <button
                    key={user.user}
                    type="button"
                    className={styles["role"]}
                    disabled={busy !== undefined}
                    aria-busy={busy === user.user}
                    onClick={() => choose(user.user)}
                  >
                    <span className={styles["roleName"]}>{open(`role.${role}`, role)}</span>
                    <span className={styles["roleMay"]}>{open(`role.may.${role}`, user.name)}</span>
                  </button>
                );
              })}
          </div>
        </section>
      ))}
    </>
  );
}

function TokenForm({ busy, submit }: { busy: boolean; submit: (token: string) => void }) {
  const { t } = useTexts();
  const [token, setToken] = useState("");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim()) submit(token.trim());
  };
  return (
    <form onSubmit={send} className={styles["form"]}>
      <TextInput
        type="password"
        size="sm"
        autoComplete="off"
        label={t("login.token")}
        description={t("login.token_hint")}
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <Button type="submit" size="sm" loading={busy} disabled={!token.trim()}>
        {t("login.submit")}
      </Button>
    </form>
  );
}
