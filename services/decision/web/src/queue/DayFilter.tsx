import { useTexts } from "../i18n/texts";
import type { Filters } from "./filters";
import type { Show } from "./Queue";
import styles from "./queue.module.css";

/** From one day to another, both included, in the markets' own time. */
export function DayFilter({ filters, show }: { filters: Filters; show: Show }) {
  const { t } = useTexts();
  return (
    <span className={styles["days"]} data-active={filters.from || filters.to ? true : undefined}>
      <span aria-hidden="true">{t("filters.requested")}</span>
      <input
        type="date"
        aria-label={t("filters.from")}
        value={filters.from ?? ""}
        max={filters.to}
        onChange={(event) => show({ ...filters, from: event.currentTarget.value || undefined })}
      />
      <span aria-hidden="true">–</span>
      <input
        type="date"
        aria-label={t("filters.to")}
        value={filters.to ?? ""}
        min={filters.from}
        onChange={(event) => show({ ...filters, to: event.currentTarget.value || undefined })}
      />
    </span>
  );
}
