/** The seller's shops: which are connected, for how long, and which must be connected again. */
import { Button } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import type { Shop } from "../api/client";
import { ChannelMark, channelName } from "../elements/ChannelMark";
import { Chip, type Tone } from "../elements/Chip";
import { Moment } from "../elements/Moment";
import { Notice } from "../elements/Notice";
import { useShops } from "../frame/counts";
import { Failed, Loading } from "../frame/Waiting";
import { goTo } from "../frame/address";
import { wholeDaysUntil } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { useNow } from "../live/clock";
import { useSession } from "../session/session";
import { reconnect } from "./acknowledge";
import styles from "./shops.module.css";

const TONES: Record<Shop["state"], Tone> = { connected: "ok", expiring: "warn", disconnected: "danger" };
const WORST: Record<Shop["state"], number> = { disconnected: 0, expiring: 1, connected: 2 };
const byWorst = (a: Shop, b: Shop) => WORST[a.state] - WORST[b.state] || b.to_decide - a.to_decide;

export function Shops() {
  const texts = useTexts();
  const { t } = texts;
  const { may } = useSession();
  const shops = useShops();
  return (
    <section className={styles["page"]} aria-labelledby="shops-title">
      <header className={styles["head"]}>
        <div>
          <h1 id="shops-title">{t("shops.title")}</h1>
          <p>{t("shops.lead")}</p>
        </div>
        {may.connect && (
          <div className={styles["connect"]}>
            {["shopee", "tiktok"].map((channel) => (
              <Button key={channel} variant="default" leftSection={<ChannelMark channel={channel} />} onClick={() => void reconnect(channel, texts)}>
                {t("shops.connect", { channel: channelName(channel) })}
              </Button>
            ))}
          </div>
        )}
      </header>
      {shops.isPending && <Loading />}
      {shops.isError && <Failed error={shops.error} again={() => void shops.refetch()} />}
      {shops.data?.length === 0 && (
        <Notice icon={<IconPlugConnected size={34} stroke={1.4} aria-hidden />} title={t("shops.none")}>
          {t("shops.none_more")}
        </Notice>
      )}
      {shops.data && shops.data.length > 0 && (
        <ul className={styles["list"]}>
          {[...shops.data].sort(byWorst).map((shop) => (
            <ShopLine key={`${shop.channel}:${shop.shop_id}`} shop={shop} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ShopLine({ shop }: { shop: Shop }) {
  const texts = useTexts();
  const { t, open } = texts;
  const { may } = useSession();
  const now = useNow();
  const broken = shop.state !== "connected";
  return (
    <li className={styles["shop"]} data-state={shop.state}>
      <ChannelMark channel={shop.channel} />
      <div className={styles["name"]}>
        <strong>{shop.name}</strong>
        <span>
          {channelName(shop.channel)} · {open(`market.${shop.region}`, shop.region)}
        </span>
      </div>
      <div className={styles["state"]}>
        <Chip tone={TONES[shop.state]}>{t(`shop.${shop.state}`)}</Chip>
        <span>
          {shop.state === "disconnected"
            ? t("shops.stopped")
            : shop.authorised_until && t("shops.days_left", { n: wholeDaysUntil(shop.authorised_until, now) })}
        </span>
      </div>
      <div className={styles["heard"]}>
        <span>{t("shops.heard")}</span>
        <Moment at={shop.last_heard_at} region={shop.region} inline />
      </div>
      <button
        type="button"
        className={styles["count"]}
        disabled={shop.to_decide === 0}
        onClick={() => goTo(new URLSearchParams({ channel: shop.channel, shop: shop.shop_id }))}
      >
        {t("shops.to_decide", { n: shop.to_decide })}
      </button>
      <div className={styles["act"]}>
        {broken && may.connect && (
          <Button variant={shop.state === "disconnected" ? "filled" : "default"} onClick={() => void reconnect(shop.channel, texts)}>
            {t("shops.reconnect")}
          </Button>
        )}
        {broken && !may.connect && <span>{t("shops.ask_admin")}</span>}
      </div>
    </li>
  );
}
