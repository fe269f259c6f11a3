import type { Line, Row } from "../api/client";
import { Chip } from "../elements/Chip";
import { Thumb } from "../elements/Thumb";
import { useTexts } from "../i18n/texts";
import styles from "./detail.module.css";

/** What is asked to be cancelled, and what becomes of the stock. */
export function Lines({ row, lines }: { row: Row; lines: readonly Line[] }) {
  const { t, open } = useTexts();
  return (
    <section className={styles["section"]} aria-labelledby="detail-lines">
      <h3 id="detail-lines">
        {t("lines.title", { n: lines.length })}
        {row.stock.state !== "none" && <Chip tone={row.stock.state === "partly" ? "warn" : "plain"}>{open(`stock.${row.stock.state}`, row.stock.state)}</Chip>}
      </h3>
      <ul className={styles["lines"]}>
        {withShelf(lines).map(({ line, shelf }) => (
          <LineOfOrder key={line.line_id} line={line} shelf={shelf} pending={row.state === "pending"} />
        ))}
      </ul>
    </section>
  );
}

/** What is on the shelf before each line's units come back: two lines of one SKU follow each other. */
function withShelf(lines: readonly Line[]): { line: Line; shelf: number | undefined }[] {
  const given = new Map<string, number>();
  return lines.map((line) => {
    const before = given.get(line.sku ?? "") ?? 0;
    if (line.stock === "sellable") given.set(line.sku ?? "", before + line.quantity);
    return { line, shelf: line.available_now === null || line.available_now === undefined ? undefined : line.available_now + before };
  });
}

function LineOfOrder({ line, shelf, pending }: { line: Line; shelf: number | undefined; pending: boolean }) {
  const { t, money, number } = useTexts();
  return (
    <li>
      <Thumb url={line.image_url} name={line.name} />
      <div className={styles["lineName"]}>
        <span>{[line.name, line.variant].filter(Boolean).join(" · ")}</span>
        <span className={styles["pale"]}>
          {line.sku ?? t("row.no_sku")}
          {line.is_gift && ` · ${t("lines.gift")}`}
          {line.unit_price && ` · ${money(line.unit_price)}`}
        </span>
      </div>
      <div className={styles["amounts"]}>
        <strong>{t("lines.quantity", { n: line.quantity })}</strong>
        {line.ordered_quantity !== line.quantity && <span className={styles["pale"]}>{t("lines.ordered", { n: line.ordered_quantity })}</span>}
        <span className={styles["pale"]}>{afterwards(line, shelf, pending, t, number)}</span>
      </div>
    </li>
  );
}

function afterwards(line: Line, shelf: number | undefined, pending: boolean, t: ReturnType<typeof useTexts>["t"], number: (n: number) => string): string {
  if (line.returned !== null && line.returned !== undefined && line.returned > 0) return t("lines.returned", { n: line.returned });
  if (shelf === undefined) return "";
  if (!pending) return t("lines.on_shelf", { n: line.available_now ?? shelf });
  return line.stock === "sellable" ? t("lines.after", { now: number(shelf), after: number(shelf + line.quantity) }) : t("lines.on_shelf", { n: shelf });
}
