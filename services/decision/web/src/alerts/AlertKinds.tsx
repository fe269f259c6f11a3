import { useTexts } from "../i18n/texts";
import { useCounts } from "../frame/counts";
import { ALERTS, type Filters } from "../queue/filters";
import type { Show } from "../queue/Queue";
import styles from "./alerts.module.css";

/** Which alerts the list shows: all, or those of one kind. */
export function AlertKinds({ filters, show }: { filters: Filters; show: Show }) {
  const { t, open, number } = useTexts();
  const counts = useCounts().data?.alerts ?? {};
  const kinds = ALERTS.filter((kind) => (counts[kind] ?? 0) > 0 || filters.alerts.includes(kind));
  return (
    <div className={styles["choose"]} role="group" aria-label={t("column.alerts")}>
      <button type="button" aria-pressed={filters.alerts.length === 0} onClick={() => show({ ...filters, alerts: [] })}>
        {t("alert.all")}
      </button>
      {kinds.map((kind) => (
        <button key={kind} type="button" aria-pressed={filters.alerts.includes(kind)} onClick={() => show({ ...filters, alerts: [kind] })}>
          {open(`alert.${kind}`, kind)} <span>{number(counts[kind] ?? 0)}</span>
        </button>
      ))}
    </div>
  );
}
