import type { TimelineEntry } from "../api/client";
import { channelName } from "../elements/ChannelMark";
import { Moment } from "../elements/Moment";
import { useTexts, type Texts } from "../i18n/texts";
import { Loading } from "../frame/Waiting";
import { useTimeline } from "./useRequest";
import styles from "./detail.module.css";

/** What happened and who did it, the newest first. */
export function Timeline({ id, region, channel }: { id: string; region: string; channel: string }) {
  const texts = useTexts();
  const timeline = useTimeline(id);
  return (
    <section className={styles["section"]} aria-labelledby="detail-timeline">
      <h3 id="detail-timeline">{texts.t("timeline.title")}</h3>
      {timeline.isPending && <Loading />}
      <ol className={styles["timeline"]}>
        {[...(timeline.data ?? [])].reverse().map((entry, index) => (
          <li key={entry.event_id ?? `${entry.at} ${entry.kind} ${index}`} data-kind={entry.kind}>
            <span className={styles["happened"]}>
              {texts.open(`timeline.${entry.kind}`, entry.kind, { channel: channelName(channel) })}
              {entry.actor && <span className={styles["pale"]}> {texts.t("timeline.by", { who: entry.actor.name ?? entry.actor.id })}</span>}
              <Words entry={entry} texts={texts} />
            </span>
            <span className={styles["when"]}>
              <Moment at={entry.at} region={region} inline />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const SAID = ["reason", "comment", "note", "message"] as const;

/** What was said with it: by a person, or by the marketplace. */
function Words({ entry, texts }: { entry: TimelineEntry; texts: Texts }) {
  const alert = entry.params["alert"];
  const said = SAID.flatMap((name) => {
    const value: unknown = entry.params[name];
    return typeof value === "string" && value ? [value] : [];
  });
  const { sku, quantity, marketplace_status: status } = entry.params;
  return (
    <>
      {typeof status === "string" && <span className={styles["pale"]}> {status}</span>}
      {typeof sku === "string" && typeof quantity === "number" && (
        <span className={styles["pale"]}> {texts.t("confirm.first_line", { n: quantity, item: sku })}</span>
      )}
      {typeof alert === "string" && <span className={styles["said"]}>{texts.open(`alert.${alert}`, alert)}</span>}
      {said.map((text) => (
        <q key={text} className={styles["said"]}>
          {text}
        </q>
      ))}
    </>
  );
}
