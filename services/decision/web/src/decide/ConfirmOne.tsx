/** Says in plain words what a decision will do, and asks once more. */
import { Button, Checkbox, Modal, NativeSelect, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Line, Row, Whole } from "../api/client";
import { channelName } from "../elements/ChannelMark";
import { Thumb } from "../elements/Thumb";
import { whyNot } from "../elements/problems";
import { Loading } from "../frame/Waiting";
import { useTexts } from "../i18n/texts";
import { rows, useRow } from "../live/rows";
import { useRequest } from "../detail/useRequest";
import { refundOf } from "../queue/sums";
import { useStatusWords } from "../queue/cells";
import { canDecide, canReject, isHandedOver } from "../queue/status";
import type { Verdict } from "./asking";
import { ReasonChoice } from "./ReasonChoice";
import { fetchReasons } from "./reasons";
import { decideOne, type Wish } from "./send";
import styles from "./decide.module.css";

const LONGEST = 500;
type Use = Line["stock"];

interface ConfirmOneProps {
  verdict: Verdict;
  id: string;
  close: () => void;
}

export function ConfirmOne({ verdict, id, close }: ConfirmOneProps) {
  const { t } = useTexts();
  const whole = useRequest(id);
  const row = useRow(id) ?? whole.data;
  return (
    <Modal
      opened
      onClose={close}
      size={500}
      title={row ? t(verdict === "approve" ? "confirm.approve" : "confirm.reject", { order: row.order_ref }) : t("loading")}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ title: styles["title"] ?? "", body: styles["body"] ?? "" }}
    >
      {!row && <Loading />}
      {row && <Question verdict={verdict} row={row} whole={whole.data} close={close} />}
    </Modal>
  );
}

function Question({ verdict, row, whole, close }: { verdict: Verdict; row: Row; whole: Whole | undefined; close: () => void }) {
  const possible = verdict === "approve" ? canDecide(row) : canReject(row);
  // Sent already: it is shown as decided, and the dialogue is about to close.
  if (!possible && !rows.isAssumed(row.id)) return <Over row={row} close={close} />;
  return verdict === "approve" ? <Approval row={row} whole={whole} close={close} /> : <Rejection row={row} close={close} />;
}

/** It ended, or somebody else decided, while we were asking. */
function Over({ row, close }: { row: Row; close: () => void }) {
  const { t } = useTexts();
  const { text, below } = useStatusWords(row);
  return (
    <>
      <p role="alert" className={styles["warning"]} data-tone="info">
        <IconInfoCircle size={18} stroke={1.8} aria-hidden />
        <span>
          {t("confirm.over", { order: row.order_ref, status: text })} {below}
        </span>
      </p>
      <div className={styles["buttons"]}>
        <Button size="sm" onClick={close} data-autofocus>
          {t("close")}
        </Button>
      </div>
    </>
  );
}

/** Whether the facts moved since the dialogue was opened. */
function useMoved(row: Row): boolean {
  const first = useRef(row.revision);
  return row.revision !== first.current;
}

function Approval({ row, whole, close }: { row: Row; whole: Whole | undefined; close: () => void }) {
  const texts = useTexts();
  const { t, money } = texts;
  const moved = useMoved(row);
  const [sure, setSure] = useState(false);
  const [note, setNote] = useState("");
  const [uses, setUses] = useState<Record<string, Use>>({});
  const handedOver = isHandedOver(row);
  const refund = refundOf(row);
  const params = { order: row.order_ref, channel: channelName(row.channel) };

  const approve = () => {
    close();
    const lines = Object.entries(uses).map(([line_id, stock]) => ({ line_id, stock }));
    const wish: Wish = { verdict: "approve", revision: row.revision, lines, ...(note.trim() && { note: note.trim() }) };
    void decideOne(row, wish, texts);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!handedOver || sure) approve();
      }}
    >
      <ul className={styles["effects"]}>
        <li>{t("confirm.cancels", params)}</li>
        <li>{refund ? t("confirm.refunds", { money: money(refund) }) : t("confirm.refunds_nothing")}</li>
        <li>{t("confirm.gives_back")}</li>
      </ul>
      {whole ? (
        <GivenBack lines={whole.lines} uses={uses} use={(line, stock) => setUses((now) => ({ ...now, [line]: stock }))} />
      ) : (
        <p className={styles["pale"]}>{t("confirm.first_line", { n: row.unit_count, item: row.first_line.sku ?? row.first_line.name })}</p>
      )}
      {row.not_answerable_because === "shop_disconnected" && (
        <p className={styles["warning"]}>
          <IconAlertTriangle size={18} stroke={1.8} aria-hidden />
          <span>{t("confirm.waits_for_shop", { shop: row.shop.name, channel: params.channel })}</span>
        </p>
      )}
      {moved && <Moved />}
      {handedOver && (
        <div className={styles["warning"]} data-tone="danger">
          <IconAlertTriangle size={18} stroke={1.8} aria-hidden />
          <div>
            <strong>{t("confirm.handed_over")}</strong>
            <Checkbox
              mt={6}
              size="xs"
              label={t("confirm.handed_over_sure")}
              checked={sure}
              onChange={(event) => setSure(event.currentTarget.checked)}
            />
          </div>
        </div>
      )}
      <Textarea
        size="xs"
        label={t("confirm.note")}
        placeholder={t("confirm.note_hint")}
        maxLength={LONGEST}
        autosize
        minRows={1}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <div className={styles["buttons"]}>
        <span className={styles["hint"]}>{t("confirm.enter")}</span>
        <Button size="sm" variant="default" onClick={close}>
          {t("cancel")}
        </Button>
        <Button size="sm" type="submit" disabled={handedOver && !sure} data-autofocus>
          {t("confirm.approve_button")}
        </Button>
      </div>
    </form>
  );
}

function Moved() {
  const { t } = useTexts();
  return (
    <p role="alert" className={styles["warning"]} data-tone="info">
      <IconInfoCircle size={18} stroke={1.8} aria-hidden />
      <span>{t("confirm.moved")}</span>
    </p>
  );
}

const USES: readonly Use[] = ["sellable", "damaged", "none"];

function GivenBack({ lines, uses, use }: { lines: readonly Line[]; uses: Record<string, Use>; use: (line: string, stock: Use) => void }) {
  const { t } = useTexts();
  return (
    <ul className={styles["lines"]}>
      {lines.map((line) => (
        <li key={line.line_id}>
          <Thumb url={line.image_url} name={line.name} />
          <span className={styles["lineName"]}>
            <strong>
              {line.quantity} × {line.sku ?? t("row.no_sku")}
            </strong>
            <span title={line.name}>{[line.name, line.variant].filter(Boolean).join(" · ")}</span>
          </span>
          <NativeSelect
            size="xs"
            aria-label={t("use.label", { item: line.sku ?? line.name })}
            value={uses[line.line_id] ?? line.stock}
            data={USES.map((value) => ({ value, label: t(`use.${value}`) }))}
            onChange={(event) => use(line.line_id, event.currentTarget.value as Use)}
          />
        </li>
      ))}
    </ul>
  );
}

function Rejection({ row, close }: { row: Row; close: () => void }) {
  const texts = useTexts();
  const { t, language } = texts;
  const moved = useMoved(row);
  const [reason, setReason] = useState("");
  const [comment, setComment] = useState("");
  const offered = useQuery({
    queryKey: ["reasons", row.id, language],
    staleTime: 0,
    retry: 1,
    queryFn: ({ signal }) => fetchReasons(row.id, language, signal),
  });
  const items = useMemo(() => offered.data?.items ?? [], [offered.data]);
  const chosen = items.some((item) => item.name === reason) ? reason : "";
  const ready = offered.isSuccess && (chosen !== "" || !offered.data.required);
  const params = { order: row.order_ref, channel: channelName(row.channel) };
  const first = useRef<HTMLDivElement>(null);
  const submit = useRef<HTMLButtonElement>(null);
  // Until the answer came nothing could be confirmed, so nothing had the focus; now Enter does what it says.
  useEffect(() => {
    if (!offered.isSuccess) return;
    if (items.length > 0) first.current?.querySelector("input")?.focus();
    else submit.current?.focus();
  }, [offered.isSuccess, items]);

  const reject = () => {
    close();
    const wish: Wish = {
      verdict: "reject",
      revision: row.revision,
      ...(chosen && { reason: chosen }),
      ...(comment.trim() && { comment: comment.trim() }),
    };
    void decideOne(row, wish, texts);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) reject();
      }}
    >
      <ul className={styles["effects"]}>
        <li>{t("confirm.keeps", params)}</li>
        <li>{t("confirm.wait", params)}</li>
      </ul>
      {moved && <Moved />}
      {offered.isPending && <Loading />}
      {offered.isError && (
        <p role="alert" className={styles["warning"]} data-tone="danger">
          <IconAlertTriangle size={18} stroke={1.8} aria-hidden />
          <span>
            {t("reasons.failed", params)} {whyNot(offered.error, texts)}{" "}
            <button type="button" className={styles["link"]} onClick={() => void offered.refetch()}>
              {t("failed.again")}
            </button>
          </span>
        </p>
      )}
      {items.length > 0 && (
        <>
          <ReasonChoice ref={first} channel={row.channel} items={items} required={offered.data?.required ?? false} chosen={chosen} choose={setReason} />
          <Textarea
            size="xs"
            label={t("confirm.comment")}
            maxLength={LONGEST}
            autosize
            minRows={1}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
        </>
      )}
      <div className={styles["buttons"]}>
        <span className={styles["hint"]}>{ready && t("confirm.enter")}</span>
        <Button size="sm" variant="default" onClick={close}>
          {t("cancel")}
        </Button>
        <Button size="sm" type="submit" disabled={!ready} ref={submit}>
          {t("confirm.reject_button")}
        </Button>
      </div>
    </form>
  );
}
