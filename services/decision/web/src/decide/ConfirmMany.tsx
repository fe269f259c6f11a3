/** Decides many at once: what will happen, what is set aside, and afterwards what became of each. */
import { Button, Modal, Progress, Textarea } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import type { BulkResult, OfferedReasons, Row } from "../api/client";
import { channelName } from "../elements/ChannelMark";
import { whyNot } from "../elements/problems";
import { useTexts, type Texts } from "../i18n/texts";
import { rows } from "../live/rows";
import { refundsOf } from "../queue/sums";
import { clearSelection, selection } from "../queue/selection";
import type { Verdict } from "./asking";
import { planOf } from "./plan";
import { ReasonChoice } from "./ReasonChoice";
import { commonReasons, fetchAllReasons, type CommonReasons } from "./reasons";
import { Results } from "./Results";
import { decideMany } from "./send";
import { SetAside } from "./SetAside";
import styles from "./decide.module.css";

interface ConfirmManyProps {
  verdict: Verdict;
  ids: readonly string[];
  close: () => void;
}

interface Sent {
  verdict: Verdict;
  reason: string;
  words: string;
  results: readonly BulkResult[];
}

/** Channels on which a rejection needs no reason of the marketplace's. */
const WITHOUT_REASONS: readonly string[] = ["shopee"];
const found = (ids: readonly string[]): Row[] => ids.flatMap((id) => rows.get(id) ?? []);

export function ConfirmMany({ verdict, ids, close }: ConfirmManyProps) {
  const texts = useTexts();
  const [sent, setSent] = useState<Sent>();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  const send = async (chosen: readonly Row[], reason: string, words: string) => {
    setSending(true);
    setFailure(undefined);
    try {
      const items = chosen.map((row) => ({
        id: row.id,
        revision: row.revision,
        ...(reason && !WITHOUT_REASONS.includes(row.channel) && { reason }),
      }));
      const results = await decideMany({ verdict, items, ...(words && (verdict === "approve" ? { note: words } : { comment: words })) });
      setSent({ verdict, reason, words, results });
      // Those that are still to be decided stay ticked.
      const failed = new Set(results.filter((result) => result.status === "failed").map((result) => result.id));
      if (failed.size === 0) clearSelection();
      else selection.set(failed);
    } catch (error) {
      setFailure(error);
    } finally {
      setSending(false);
    }
  };

  const again = (failed: readonly string[]) => {
    if (sent) void send(found(failed), sent.reason, sent.words);
  };

  return (
    <Modal
      opened
      onClose={close}
      size={600}
      closeOnClickOutside={!sending}
      title={texts.t(sent ? "bulk.results" : verdict === "approve" ? "bulk.approve" : "bulk.reject", { n: ids.length })}
      closeButtonProps={{ "aria-label": texts.t("close") }}
      classNames={{ title: styles["title"] ?? "", body: styles["body"] ?? "" }}
    >
      {sent ? (
        <Results results={sent.results} verdict={verdict} sending={sending} again={again} close={close} />
      ) : (
        <Question verdict={verdict} ids={ids} sending={sending} send={send} close={close} />
      )}
      {failure !== undefined && (
        <p role="alert" className={styles["warning"]} data-tone="danger">
          <span>{whyNot(failure, texts)}</span>
        </p>
      )}
    </Modal>
  );
}

interface QuestionProps {
  verdict: Verdict;
  ids: readonly string[];
  sending: boolean;
  send: (rows: readonly Row[], reason: string, words: string) => Promise<void>;
  close: () => void;
}

function Question({ verdict, ids, sending, send, close }: QuestionProps) {
  const texts = useTexts();
  const { t } = texts;
  const plan = useMemo(() => planOf(found(ids), verdict), [ids, verdict]);
  const asked = useReasons(verdict === "reject" ? plan.together : NONE, texts);
  const [reason, setReason] = useState("");
  const [words, setWords] = useState("");

  const left = new Set(asked.common?.left ?? []);
  const chosen = plan.together.filter((row) => !left.has(row.id));
  const needsReason = (asked.common?.need.length ?? 0) > 0;
  const ready = !asked.pending && chosen.length > 0 && (!needsReason || reason !== "");
  const channel = plan.together.find((row) => !WITHOUT_REASONS.includes(row.channel))?.channel ?? "";

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !sending) void send(chosen, reason, words.trim());
      }}
    >
      <Effects verdict={verdict} chosen={chosen} />
      <SetAside aside={[...plan.aside, ...plan.together.filter((row) => left.has(row.id)).map((row) => ({ row, because: "no_common_reason" as const }))]} />
      {asked.pending && (
        <div role="status">
          <p className={styles["pale"]}>{t("reasons.asking", { n: asked.total, known: asked.known })}</p>
          <Progress value={(100 * asked.known) / Math.max(1, asked.total)} size="sm" aria-label={t("loading")} />
        </div>
      )}
      {needsReason && asked.common && (
        <>
          <p className={styles["pale"]}>{t("reasons.only", { n: asked.common.need.length, channel: channelName(channel) })}</p>
          <ReasonChoice channel={channel} items={asked.common.reasons} required chosen={reason} choose={setReason} />
        </>
      )}
      {(verdict === "approve" || needsReason) && (
        <Textarea
          size="xs"
          label={verdict === "approve" ? t("confirm.note") : t("confirm.comment")}
          maxLength={500}
          autosize
          minRows={1}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      )}
      <div className={styles["buttons"]}>
        <span className={styles["hint"]}>{ready && t("confirm.enter")}</span>
        <Button size="sm" variant="default" onClick={close} disabled={sending}>
          {t("cancel")}
        </Button>
        <Button size="sm" type="submit" disabled={!ready} loading={sending} data-autofocus>
          {t(verdict === "approve" ? "bulk.approve_button" : "bulk.reject_button", { n: chosen.length })}
        </Button>
      </div>
    </form>
  );
}

const NONE: readonly Row[] = [];

function Effects({ verdict, chosen }: { verdict: Verdict; chosen: readonly Row[] }) {
  const { t, money } = useTexts();
  if (chosen.length === 0) return <p className={styles["pale"]}>{t("bulk.nothing")}</p>;
  const units = chosen.reduce((sum, row) => sum + row.unit_count, 0);
  const refunds = refundsOf(chosen);
  const channels = [...new Set(chosen.map((row) => channelName(row.channel)))].join(" + ");
  return (
    <ul className={styles["effects"]}>
      {verdict === "approve" ? (
        <>
          <li>{t("bulk.cancels", { n: chosen.length })}</li>
          <li>{refunds.length > 0 ? t("bulk.refunds", { money: refunds.map(money).join(" + ") }) : t("confirm.refunds_nothing")}</li>
          <li>{t("bulk.gives_back", { n: units })}</li>
        </>
      ) : (
        <>
          <li>{t("bulk.keeps", { n: chosen.length })}</li>
          <li>{t("bulk.wait", { channels })}</li>
        </>
      )}
    </ul>
  );
}

interface Asked {
  pending: boolean;
  known: number;
  total: number;
  common: CommonReasons | undefined;
}

/** What the marketplaces offer for all of these, learnt one request after the other. */
function useReasons(together: readonly Row[], { language }: Texts): Asked {
  const ids = useMemo(() => together.filter((row) => !WITHOUT_REASONS.includes(row.channel)).map((row) => row.id), [together]);
  const [known, setKnown] = useState(0);
  const [offers, setOffers] = useState<Map<string, OfferedReasons | null>>();
  useEffect(() => {
    if (ids.length === 0) return;
    const ended = new AbortController();
    void fetchAllReasons(ids, language, ended.signal, setKnown).then((all) => {
      if (!ended.signal.aborted) setOffers(all);
    });
    return () => ended.abort();
  }, [ids, language]);
  const common = useMemo(() => offers && commonReasons(offers), [offers]);
  return { pending: ids.length > 0 && !offers, known, total: ids.length, common };
}
