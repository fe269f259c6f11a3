import { ChannelMark, channelName } from "../elements/ChannelMark";
import { useCounts, useShops } from "../frame/counts";
import { useTexts } from "../i18n/texts";
import type { Filters } from "./filters";
import type { Show } from "./Queue";
import styles from "./queue.module.css";

/** One per channel that the seller has: a new channel is a new tab, and needs no new page. */
export function ChannelTabs({ filters, show }: { filters: Filters; show: Show }) {
  const { t, number } = useTexts();
  const counts = useCounts().data;
  const shops = useShops().data;
  const channels = [...new Set([...Object.keys(counts?.by_channel ?? {}), ...(shops ?? []).map((shop) => shop.channel)])].sort();
  const choose = (channel: string | undefined) => show({ ...filters, channel, shops: [] });
  return (
    <div className={styles["channels"]} role="group" aria-label={t("channels.label")}>
      <button type="button" aria-pressed={!filters.channel} onClick={() => choose(undefined)}>
        {t("channels.all")} <Count n={counts?.to_decide} format={number} />
      </button>
      {channels.map((channel) => (
        <button key={channel} type="button" aria-pressed={filters.channel === channel} onClick={() => choose(channel)}>
          <ChannelMark channel={channel} />
          {channelName(channel)} <Count n={counts && (counts.by_channel[channel] ?? 0)} format={number} />
        </button>
      ))}
    </div>
  );
}

export function Count({ n, format }: { n: number | undefined; format: (n: number) => string }) {
  return n === undefined ? null : <span className={styles["count"]}>{format(n)}</span>;
}
