import type { Row } from "../api/client";
import { useTexts } from "../i18n/texts";
import { useNow } from "../live/clock";
import styles from "./elements.module.css";

const SOON_MS = 4 * 3_600_000;

/** How long the marketplace still waits for an answer. */
export function TimeLeft({ row }: { row: Row }) {
  const texts = useTexts();
  const now = useNow();
  if (row.state !== "pending") {
    return (
      <span className={styles["left"]} data-urgency="none" aria-hidden="true">
        –
      </span>
    );
  }
  if (!row.respond_by) {
    return (
      <span className={styles["left"]} data-urgency="none">
        {texts.t("time.no_deadline")}
      </span>
    );
  }
  const left = Date.parse(row.respond_by) - now;
  const overdue = left <= 0;
  const text = texts.duration(left);
  const estimated = row.respond_by_source === "estimated";
  return (
    <time
      dateTime={row.respond_by}
      className={styles["left"]}
      data-urgency={overdue ? "overdue" : left < SOON_MS ? "soon" : "calm"}
      title={texts.exactly(row.respond_by, row.shop.region)}
    >
      <span>{overdue ? texts.t("time.overdue", { time: text }) : estimated ? texts.t("time.about", { time: text }) : text}</span>
      {estimated && <span className={styles["second"]}>{texts.t("time.estimated")}</span>}
    </time>
  );
}
