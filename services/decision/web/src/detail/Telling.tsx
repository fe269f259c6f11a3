import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import type { Row, Whole } from "../api/client";
import { reconnect } from "../alerts/acknowledge";
import { retrySync } from "../decide/send";
import { channelName } from "../elements/ChannelMark";
import { Moment } from "../elements/Moment";
import { useTexts } from "../i18n/texts";
import { canRetry, tellingOf } from "../queue/status";
import { useSession } from "../session/session";
import styles from "./detail.module.css";

const BAD: readonly string[] = ["blocked", "refused", "failed"];

/** How far the marketplace has heard the answer, in its own words, and what can be done about it. */
export function Telling({ row, whole }: { row: Row; whole: Whole }) {
  const texts = useTexts();
  const { t, moment } = texts;
  const { may } = useSession();
  const [busy, setBusy] = useState(false);
  const telling = tellingOf(row);
  if (!telling) return null;
  const { sync } = whole;
  const channel = channelName(row.channel);
  const next = row.sync.next_attempt_at;
  const waits = row.state === "rejected" && !["synced", "confirmed"].includes(row.sync.state);

  const retry = async () => {
    setBusy(true);
    await retrySync(row, texts);
    setBusy(false);
  };

  return (
    <section className={styles["telling"]} data-tone={BAD.includes(row.sync.state) ? "danger" : waits ? "warn" : "plain"} aria-label={t("telling.title", { channel })}>
      <div>
        <strong>{t(telling, { channel, time: next ? moment(next, row.shop.region).time : "" })}</strong>
        {waits && <span>{t("telling.wait", { channel })}</span>}
        {row.sync.message && (
          <span>
            {t("telling.says", { channel })} <q>{row.sync.message}</q>
          </span>
        )}
        <span className={styles["pale"]}>
          {row.sync.attempt > 0 && t("telling.attempt", { n: row.sync.attempt })}
          {sync.code && ` · ${sync.code}`}
          {sync.call_id && ` · ${t("telling.call", { id: sync.call_id })}`}
          {sync.confirmed_at && (
            <>
              {" · "}
              <Moment at={sync.confirmed_at} region={row.shop.region} inline />
            </>
          )}
        </span>
      </div>
      {row.sync.cause === "shop_disconnected" && may.connect && (
        <Button variant="default" onClick={() => void reconnect(row.channel, texts)}>
          {t("shops.reconnect")}
        </Button>
      )}
      {canRetry(row) && may.decide && (
        <Button variant="default" loading={busy} leftSection={<IconRefresh size={15} aria-hidden />} onClick={() => void retry()}>
          {t("retry.now")}
        </Button>
      )}
    </section>
  );
}
