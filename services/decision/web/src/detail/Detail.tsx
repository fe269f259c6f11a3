/** Everything about one request, beside the list. */
import { Button, Drawer } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Refused, type Row, type Whole } from "../api/client";
import { AlertsCell } from "../alerts/AlertsCell";
import { ask } from "../decide/asking";
import { ChannelMark, channelName } from "../elements/ChannelMark";
import { Chip } from "../elements/Chip";
import { CopyButton } from "../elements/CopyButton";
import { Moment } from "../elements/Moment";
import { TimeLeft } from "../elements/TimeLeft";
import { Notice } from "../elements/Notice";
import { Failed, Loading } from "../frame/Waiting";
import { useTexts } from "../i18n/texts";
import { useRow } from "../live/rows";
import { useStatusWords } from "../queue/cells";
import { RowProvider } from "../queue/RowContext";
import { canDecide, canReject } from "../queue/status";
import { useSession } from "../session/session";
import { Lines } from "./Lines";
import { Telling } from "./Telling";
import { Timeline } from "./Timeline";
import { useRequest } from "./useRequest";
import styles from "./detail.module.css";

export function Detail({ id, close }: { id: string; close: () => void }) {
  const { t } = useTexts();
  const whole = useRequest(id);
  const row = useRow(id) ?? whole.data;
  const gone = whole.error instanceof Refused && whole.error.problem.status === 404;
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={580}
      padding={0}
      overlayProps={{ backgroundOpacity: 0.18 }}
      title={row ? <Heading row={row} /> : t("loading")}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ header: styles["header"] ?? "", title: styles["title"] ?? "", body: styles["body"] ?? "", content: styles["content"] ?? "" }}
    >
      {gone && <Notice title={t("detail.gone")}>{t("detail.gone_more")}</Notice>}
      {whole.isError && !gone && <Failed error={whole.error} again={() => void whole.refetch()} />}
      {whole.isPending && <Loading />}
      {row && whole.data && (
        <RowProvider value={row}>
          <Content row={row} whole={whole.data} />
        </RowProvider>
      )}
    </Drawer>
  );
}

function Heading({ row }: { row: Row }) {
  const { t } = useTexts();
  const { text, tone } = useStatusWords(row);
  return (
    <span className={styles["heading"]}>
      <ChannelMark channel={row.channel} />
      <span className={styles["ref"]}>{row.order_ref}</span>
      <CopyButton value={row.order_ref} label={t("row.copy", { order: row.order_ref })} />
      <Chip tone={tone}>{text}</Chip>
    </span>
  );
}

function Content({ row, whole }: { row: Row; whole: Whole }) {
  const { t, open, money } = useTexts();
  const region = row.shop.region;
  return (
    <>
      <div className={styles["scroll"]}>
        {row.alerts.length > 0 && (
          <div className={styles["alerts"]}>
            <AlertsCell />
          </div>
        )}
        <Outcome row={row} whole={whole} />
        <Telling row={row} whole={whole} />
        <dl className={styles["facts"]}>
          <Fact name={t("column.reason")}>{row.reason.text ?? row.reason.code ?? t("row.no_reason")}</Fact>
          {row.state === "pending" && (
            <Fact name={t("column.left")}>
              <TimeLeft row={row} />
              {row.respond_by && (
                <span className={styles["pale"]}>
                  {t("detail.until")} <Moment at={row.respond_by} region={region} inline />
                </span>
              )}
            </Fact>
          )}
          <Fact name={t("column.requested")}>
            <Moment at={row.requested_at} region={region} inline />
            {row.requested_at_source === "first_seen" && <span className={styles["pale"]}>{t("detail.first_seen")}</span>}
          </Fact>
          <Fact name={t("column.ordered")}>
            <Moment at={row.ordered_at} region={region} inline />
          </Fact>
          <Fact name={t("column.account")}>
            {row.shop.name} <span className={styles["pale"]}>{`${channelName(row.channel)} · ${open(`market.${region}`, region)}`}</span>
          </Fact>
          <Fact name={t("column.total")}>
            {row.order_total ? money(row.order_total) : "–"}
            {row.cod && <span className={styles["pale"]}>{t("detail.cod")}</span>}
            {row.refund_total && <span className={styles["pale"]}>{t("detail.refund", { money: money(row.refund_total) })}</span>}
          </Fact>
          <Fact name={t("detail.parcel")}>
            {open(`parcel.${row.parcel.state}`, row.parcel.state)}
            {row.parcel.tracking_no && (
              <span className={styles["pale"]}>
                {[row.parcel.carrier, row.parcel.tracking_no].filter(Boolean).join(" ")}
                <CopyButton value={row.parcel.tracking_no} label={t("detail.copy_tracking")} />
              </span>
            )}
          </Fact>
          <Fact name={t("detail.shipping")}>{row.order.shippable ? t("gate.may_ship") : open(`hold.${row.order.hold ?? ""}`, t("hold.unknown"))}</Fact>
          {whole.buyer_id && <Fact name={t("detail.buyer")}>{whole.buyer_id}</Fact>}
          {whole.note && <Fact name={t("confirm.note")}>{whole.note}</Fact>}
          {whole.comment && <Fact name={t("confirm.comment")}>{whole.comment}</Fact>}
        </dl>
        {row.seller_center_url && (
          <a className={styles["outside"]} href={row.seller_center_url} target="_blank" rel="noreferrer">
            {t("row.seller_center_short", { channel: channelName(row.channel) })} <IconExternalLink size={14} aria-hidden />
          </a>
        )}
        <Lines row={row} lines={whole.lines} />
        <Timeline id={row.id} region={region} channel={row.channel} />
      </div>
      <Footer row={row} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How it ended, when nobody here ended it, and why an answer did not hold. */
function Outcome({ row, whole }: { row: Row; whole: Whole }) {
  const { t, open } = useTexts();
  const channel = channelName(row.channel);
  if (row.state === "cancelled_elsewhere") {
    const by = open(`by.${whole.cancelled_by ?? "unknown"}`, t("by.unknown"), { channel });
    return (
      <p className={styles["outcome"]}>
        {by} {whole.after_deadline && t("by.after_deadline")}
      </p>
    );
  }
  if (row.state === "lapsed") {
    return <p className={styles["outcome"]}>{open(`lapsed.${whole.lapsed_because ?? "unknown"}`, t("lapsed.unknown"))}</p>;
  }
  if (row.state === "pending" && whole.revert) {
    return (
      <p className={styles["outcome"]} data-tone="danger">
        {t(`revert.${whole.revert.why}`, { channel })}{" "}
        {whole.revert.refusal && <q>{whole.revert.refusal.message || whole.revert.refusal.code}</q>}
      </p>
    );
  }
  if (row.not_answerable_because) {
    return <p className={styles["outcome"]}>{t(`not_answerable.${row.not_answerable_because}`, { channel, shop: row.shop.name })}</p>;
  }
  return null;
}

function Footer({ row }: { row: Row }) {
  const { t } = useTexts();
  const { may } = useSession();
  if (row.state !== "pending") return null;
  if (!may.decide) return <footer className={styles["footer"]}>{t("detail.viewer")}</footer>;
  if (!canDecide(row)) return null;
  return (
    <footer className={styles["footer"]}>
      <Button size="sm" variant="default" disabled={!canReject(row)} onClick={() => ask("reject", [row.id])}>
        {t("decide.reject")}
      </Button>
      <Button size="sm" onClick={() => ask("approve", [row.id])}>
        {t("decide.approve")}
      </Button>
    </footer>
  );
}
