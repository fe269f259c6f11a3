/** What a row shows, cell by cell; cards show the same pieces. */
import { Checkbox } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import type { Row } from "../api/client";
import { ask } from "../decide/asking";
import { ChannelMark, channelName } from "../elements/ChannelMark";
import { Chip } from "../elements/Chip";
import { CopyButton } from "../elements/CopyButton";
import { Moment } from "../elements/Moment";
import { Thumb } from "../elements/Thumb";
import { TimeLeft } from "../elements/TimeLeft";
import { openRequest } from "../frame/view";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { useShown } from "./RowContext";
import { useIsSelected } from "./selection";
import { canDecide, canReject, statusOf, type Status } from "./status";
import styles from "./cells.module.css";
import elements from "../elements/elements.module.css";

export function SelectCell({ onToggle }: { onToggle: (id: string, toHere: boolean) => void }) {
  const { t } = useTexts();
  const row = useShown();
  const selected = useIsSelected(row.id);
  return (
    <Checkbox
      size="xs"
      aria-label={t("row.select", { order: row.order_ref })}
      checked={selected}
      disabled={!canDecide(row) && !selected}
      onChange={() => undefined}
      onClick={(event) => onToggle(row.id, event.shiftKey)}
    />
  );
}

export function OrderCell() {
  const { t } = useTexts();
  const row = useShown();
  return (
    <div className={styles["order"]}>
      <button type="button" className={styles["ref"]} data-row-button onClick={() => openRequest(row.id)} title={row.order_ref}>
        {row.order_ref}
      </button>
      <span className={styles["orderTools"]}>
        <CopyButton value={row.order_ref} label={t("row.copy", { order: row.order_ref })} />
        {row.seller_center_url && (
          <a
            className={elements["icon"]}
            href={row.seller_center_url}
            target="_blank"
            rel="noreferrer"
            aria-label={t("row.seller_center", { order: row.order_ref })}
            title={t("row.seller_center_short", { channel: channelName(row.channel) })}
          >
            <IconExternalLink size={14} aria-hidden />
          </a>
        )}
      </span>
    </div>
  );
}

export function AccountCell() {
  const { open } = useTexts();
  const row = useShown();
  return (
    <div className={styles["account"]}>
      <ChannelMark channel={row.channel} />
      <span className={styles["stack"]}>
        <span className={styles["clip"]} title={row.shop.name}>
          {row.shop.name}
        </span>
        <span className={styles["second"]}>{open(`market.${row.shop.region}`, row.shop.region)}</span>
      </span>
    </div>
  );
}

export function ItemCell() {
  const { t, number } = useTexts();
  const row = useShown();
  const line = row.first_line;
  const more = row.line_count - 1;
  return (
    <div className={styles["item"]}>
      <Thumb url={line.image_url} name={line.name} />
      <span className={styles["stack"]}>
        <span className={styles["clip"]} title={[line.name, line.variant].filter(Boolean).join(" · ")}>
          {line.name}
          {line.variant && <span className={styles["variant"]}> · {line.variant}</span>}
        </span>
        <span className={styles["sku"]}>
          <span className={styles["second"]} title={line.sku ?? undefined}>
            <b>{line.quantity}</b> × {line.sku ?? t("row.no_sku")}
          </span>
          {more > 0 && (
            <span className={styles["more"]} title={t("row.more_lines", { n: more })}>
              {`+${number(more)}`}
            </span>
          )}
        </span>
      </span>
    </div>
  );
}

export function ReasonCell() {
  const { t } = useTexts();
  const row = useShown();
  const text = row.reason.text ?? row.reason.code ?? t("row.no_reason");
  return (
    <span className={styles["reason"]} title={text}>
      {text}
    </span>
  );
}

export function OrderedCell() {
  const row = useShown();
  return <Moment at={row.ordered_at} region={row.shop.region} />;
}

export function RequestedCell() {
  const row = useShown();
  return <Moment at={row.requested_at} region={row.shop.region} />;
}

export function TotalCell() {
  const { money } = useTexts();
  const row = useShown();
  return <span className={styles["total"]}>{row.order_total ? money(row.order_total) : "–"}</span>;
}

/** The status in words, with what the marketplace knows of it. */
export function useStatusWords(row: Row): Status & { text: string; below: string | undefined } {
  const { t, moment } = useTexts();
  const status = statusOf(row);
  const next = row.sync.next_attempt_at;
  const params = { channel: channelName(row.channel), time: next ? moment(next, row.shop.region).time : "" };
  return { ...status, text: t(status.word, params), below: status.more && t(status.more, params) };
}

export function StatusCell() {
  const { open } = useTexts();
  const row = useShown();
  const { text, tone, below } = useStatusWords(row);
  const parcel = open(`parcel.${row.parcel.state}`, row.parcel.state);
  return (
    <span className={styles["stack"]}>
      <span>
        <Chip tone={tone}>{text}</Chip>
      </span>
      <span className={styles["second"]} data-tone={row.state === "pending" && row.parcel.state === "handed_over" ? "danger" : undefined} title={below}>
        {below ?? parcel}
      </span>
    </span>
  );
}

export function ParcelWord() {
  const { open } = useTexts();
  const { parcel, state } = useShown();
  return (
    <span className={styles["second"]} data-tone={state === "pending" && parcel.state === "handed_over" ? "danger" : undefined}>
      {open(`parcel.${parcel.state}`, parcel.state)}
    </span>
  );
}

export function LeftCell() {
  return <TimeLeft row={useShown()} />;
}

export function DecidedCell() {
  const { t } = useTexts();
  const row = useShown();
  if (!row.decided_at) return <span className={styles["second"]}>{t("row.nobody")}</span>;
  return (
    <span className={styles["stack"]}>
      <span className={styles["clip"]}>{row.decided_by?.name ?? row.decided_by?.id}</span>
      <span className={styles["second"]}>
        <Moment at={row.decided_at} region={row.shop.region} inline />
      </span>
    </span>
  );
}

export function ActionsCell() {
  const { t } = useTexts();
  const { may } = useSession();
  const row = useShown();
  if (!may.decide || !canDecide(row)) return null;
  return (
    <span className={styles["actions"]}>
      <button type="button" className={styles["act"]} data-kind="approve" onClick={() => ask("approve", [row.id])}>
        {t("decide.approve")}
        <span className={styles["forReaders"]}> {row.order_ref}</span>
      </button>
      <button
        type="button"
        className={styles["act"]}
        disabled={!canReject(row)}
        title={canReject(row) ? undefined : t("decide.cannot_reject")}
        onClick={() => ask("reject", [row.id])}
      >
        {t("decide.reject")}
        <span className={styles["forReaders"]}> {row.order_ref}</span>
      </button>
    </span>
  );
}
