/** May this parcel leave? For a packing bench: a scanner, big letters, one answer. */
import { Button, TextInput } from "@mantine/core";
import { IconBarcode, IconCircleCheck, IconHandStop, IconQuestionMark } from "@tabler/icons-react";
import { useRef, useState, type SubmitEvent } from "react";
import { useMutation } from "@tanstack/react-query";
import { channelName } from "../elements/ChannelMark";
import { whyNot } from "../elements/problems";
import { useShops } from "../frame/counts";
import { openRequest } from "../frame/view";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { askGate, type Verdict } from "./askGate";
import styles from "./gate.module.css";

export function Gate() {
  const texts = useTexts();
  const { t } = texts;
  const shops = useShops();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const asked = useMutation({ mutationFn: (code: string) => askGate(code, shops.data ?? []) });

  const check = (event: SubmitEvent) => {
    event.preventDefault();
    const code = typed.trim();
    if (!code) return;
    asked.mutate(code);
    // The next scan writes over it.
    field.current?.select();
  };

  return (
    <section className={styles["page"]} aria-labelledby="gate-title">
      <h1 id="gate-title">{t("gate.title")}</h1>
      <p className={styles["lead"]}>{t("gate.lead")}</p>
      <form onSubmit={check} className={styles["form"]}>
        <TextInput
          ref={field}
          size="lg"
          aria-label={t("gate.field")}
          placeholder={t("gate.field")}
          leftSection={<IconBarcode size={22} stroke={1.6} aria-hidden />}
          autoComplete="off"
          spellCheck={false}
          maxLength={80}
          data-autofocus
          autoFocus // eslint-disable-line jsx-a11y/no-autofocus -- a scanner types where the focus is, and this page is for nothing else
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" size="lg" loading={asked.isPending} disabled={!typed.trim() || !shops.data}>
          {t("gate.check")}
        </Button>
      </form>
      <div aria-live="assertive" className={styles["answer"]}>
        {asked.isError && <Answer tone="stop" title={t("gate.no_answer")} more={`${whyNot(asked.error, texts)} ${t("gate.no_answer_more")}`} />}
        {asked.isSuccess && <Shown verdict={asked.data} />}
        {asked.isIdle && shops.isError && <Answer tone="stop" title={t("gate.no_answer")} more={whyNot(shops.error, texts)} />}
      </div>
    </section>
  );
}

function Shown({ verdict }: { verdict: Verdict }) {
  const { t, open } = useTexts();
  const { may } = useSession();
  const ref = verdict.code;
  if (verdict.kind === "strange") return <Answer tone="doubt" order={ref} title={t("gate.not_sure")} more={t("gate.strange_more")} />;
  if (verdict.kind === "unknown") {
    return verdict.stale.length > 0 ? (
      <Answer tone="doubt" order={ref} title={t("gate.not_sure")} more={t("gate.not_sure_more", { shops: verdict.stale.join(", ") })} />
    ) : (
      <Answer tone="go" order={ref} title={t("gate.may_ship")} more={t("gate.unknown_more")} />
    );
  }
  const { answer, shop } = verdict;
  const where = `${channelName(answer.channel)} · ${shop}`;
  const details = may.view && answer.request_id ? () => openRequest(answer.request_id ?? null) : undefined;
  if (!answer.may_ship) {
    const why = open(`hold.${answer.hold ?? "unknown"}`, t("hold.unknown"));
    return <Answer tone="stop" order={answer.order_ref} where={where} title={t("gate.hold")} more={why} details={details} />;
  }
  if (!answer.fresh) {
    return <Answer tone="doubt" order={answer.order_ref} where={where} title={t("gate.not_sure")} more={t("gate.not_fresh")} details={details} />;
  }
  return <Answer tone="go" order={answer.order_ref} where={where} title={t("gate.may_ship")} more={t("gate.settled")} details={details} />;
}

interface AnswerProps {
  tone: "go" | "stop" | "doubt";
  title: string;
  more: string;
  order?: string;
  where?: string;
  details?: (() => void) | undefined;
}

const ICONS = { go: IconCircleCheck, stop: IconHandStop, doubt: IconQuestionMark };

function Answer({ tone, title, more, order, where, details }: AnswerProps) {
  const { t } = useTexts();
  const Icon = ICONS[tone];
  return (
    <div className={styles["card"]} data-tone={tone}>
      <Icon size={72} stroke={1.5} aria-hidden />
      <div>
        {order && (
          <p className={styles["order"]}>
            {order} {where && <span>{where}</span>}
          </p>
        )}
        <p className={styles["word"]}>{title}</p>
        <p className={styles["why"]}>{more}</p>
        {details && (
          <button type="button" onClick={details}>
            {t("gate.details")}
          </button>
        )}
      </div>
    </div>
  );
}
