import { Button } from "@mantine/core";
import { ask } from "../decide/asking";
import { useTexts } from "../i18n/texts";
import { rows } from "../live/rows";
import { sumOf } from "./sums";
import { MOST_AT_ONCE, clearSelection, selectAll, useSelection } from "./selection";
import { canDecide } from "./status";
import styles from "./queue.module.css";

/** What is ticked, in sum, and what can be done with all of it. */
export function SelectionBar({ ids }: { ids: readonly string[] }) {
  const { t, money } = useTexts();
  const selected = [...useSelection()];
  if (selected.length === 0) return null;
  const chosen = selected.flatMap((id) => rows.get(id) ?? []);
  const more = ids.filter((id) => {
    const row = rows.get(id);
    return row !== undefined && canDecide(row);
  });
  const canTakeMore = more.length > selected.length && selected.length < MOST_AT_ONCE;
  return (
    <div className={styles["selection"]} role="region" aria-label={t("select.label")}>
      <strong>{t("select.n", { n: selected.length })}</strong>
      <span className={styles["sums"]}>{sumOf(chosen).map(money).join(" + ")}</span>
      {canTakeMore && (
        <Button variant="subtle" size="compact-xs" onClick={() => selectAll(more)}>
          {t("select.loaded", { n: Math.min(more.length, MOST_AT_ONCE) })}
        </Button>
      )}
      <span className={styles["grow"]} />
      <Button variant="default" onClick={clearSelection}>
        {t("select.clear")}
      </Button>
      <Button variant="default" onClick={() => ask("reject", selected)}>
        {t("select.reject")}
      </Button>
      <Button onClick={() => ask("approve", selected)}>{t("select.approve")}</Button>
    </div>
  );
}
