import { IconDownload } from "@tabler/icons-react";
import { useTexts } from "../i18n/texts";
import { queryOf, type Filters } from "./filters";
import { useNarrowedCounts } from "./StateTabs";
import styles from "./queue.module.css";

/** What was cancelled, in sum, and all of it as a file for a spreadsheet. */
export function Totals({ filters }: { filters: Filters }) {
  const { t, money } = useTexts();
  const counts = useNarrowedCounts(filters).data;
  if (!counts) return <div className={styles["totals"]} />;
  return (
    <div className={styles["totals"]}>
      <dl>
      <div>
        <dt>{t("totals.orders")}</dt>
        <dd>{t("totals.n_orders", { n: counts.by_tab["cancelled"] ?? 0 })}</dd>
      </div>
      <div>
        <dt>{t("totals.units")}</dt>
        <dd>{t("totals.n_units", { n: counts.units })}</dd>
      </div>
      {counts.totals.map((total) => (
        <div key={total.currency}>
          <dt>{total.currency}</dt>
          <dd>{money(total)}</dd>
        </div>
      ))}
      </dl>
      <a className={styles["export"]} href={`/v1/cancel-requests/export?${exportQuery(filters)}`} download="cancel-requests.csv">
        <IconDownload size={15} aria-hidden /> {t("totals.export")}
      </a>
    </div>
  );
}

function exportQuery(filters: Filters): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(queryOf(filters))) {
    for (const each of Array.isArray(value) ? value : [value]) parameters.append(name, String(each));
  }
  return parameters.toString();
}
