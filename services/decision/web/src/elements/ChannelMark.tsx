import styles from "./elements.module.css";

const NAMES: Record<string, string> = { shopee: "Shopee", tiktok: "TikTok Shop", lazada: "Lazada" };

/** A channel's name; one that the page does not know yet is shown as it is called. */
export const channelName = (channel: string): string => NAMES[channel] ?? channel.charAt(0).toUpperCase() + channel.slice(1);

export function ChannelMark({ channel }: { channel: string }) {
  return (
    <span className={styles["channel"]} data-channel={channel} role="img" aria-label={channelName(channel)} title={channelName(channel)}>
      {channelName(channel).charAt(0)}
    </span>
  );
}
