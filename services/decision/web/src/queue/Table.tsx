/** The list as a table: only the rows in sight are in the document, so that a hundred thousand are as smooth as ten. */
import { Checkbox } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { memo, useCallback, useEffect, useMemo, useRef, type CSSProperties } from "react";
import { useRow, rows as known } from "../live/rows";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/session";
import { SelectCell } from "./cells";
import { columns, features, isWordy, metaOf, visibleColumns, widthOf, type Listed } from "./columns";
import type { Filters } from "./filters";
import type { Show } from "./Queue";
import { RowProvider } from "./RowContext";
import { clearSelection, current, selectAll, toggle, toggleTo, useIsCurrent, useIsSelected, useSelection } from "./selection";
import { canDecide } from "./status";
import type { Queue } from "./useQueue";
import styles from "./table.module.css";

const ROW_HEIGHT = 46;
const OVERSCAN = 8;
/** Read on when so many rows are left below, or a quarter of what is there: the first page is enough to begin with. */
const READ_AHEAD = 40;

interface TableProps {
  filters: Filters;
  queue: Queue;
  show: Show;
}

export function Table({ filters, queue, show }: TableProps) {
  const { t, language } = useTexts();
  const { may } = useSession();
  const { ids, hasMore, readMore } = queue;
  const selectable = may.decide && filters.tab === "to_decide";
  const data = useMemo<Listed[]>(() => ids.map((id) => ({ id })), [ids]);
  const wide = useMediaQuery(isWordy(language) ? "(min-width: 1540px)" : "(min-width: 1400px)", undefined, { getInitialValueInEffect: false });
  const middle = useMediaQuery("(min-width: 1180px)", undefined, { getInitialValueInEffect: false });
  const room = wide ? 2 : middle ? 1 : 0;
  const columnVisibility = useMemo(() => visibleColumns(filters, may.decide, room), [filters, may.decide, room]);
  const table = useTable({ features, columns, data, getRowId: (row) => row.id, state: { columnVisibility } });
  const shown = table.getVisibleLeafColumns().map((column) => column.id);
  const tracks = [...(selectable ? ["22px"] : []), ...shown.map((column) => widthOf(column, { language, tab: filters.tab }))].join(" ");

  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => ids[index] ?? index,
    overscan: OVERSCAN,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= ids.length - Math.min(READ_AHEAD, ids.length / 4)) readMore();
  }, [hasMore, last, ids.length, readMore]);

  // The keyboard may go to a row that is not drawn yet.
  useEffect(
    () =>
      current.subscribe(() => {
        const index = ids.indexOf(current.get() ?? "");
        if (index >= 0) virtual.scrollToIndex(index);
      }),
    [ids, virtual],
  );

  const tickedLast = useRef<string | null>(null);
  const onToggle = useCallback(
    (id: string, toHere: boolean) => {
      if (toHere) toggleTo(ids, tickedLast.current, id);
      else toggle(id);
      tickedLast.current = id;
    },
    [ids],
  );

  return (
    <div
      className={styles["scroller"]}
      ref={scroller}
      data-stale={queue.isStale || undefined}
    >
      <div
        role="table"
        aria-label={t(`tab.${filters.tab}`)}
        aria-rowcount={hasMore ? -1 : ids.length + 1}
        aria-busy={queue.isStale}
        className={styles["table"]}
        style={{ "--tracks": tracks } as CSSProperties}
      >
        <div role="rowgroup" className={styles["headGroup"]}>
          <div role="row" aria-rowindex={1} className={styles["head"]}>
            {selectable && (
              <span role="columnheader">
                <SelectAll ids={ids} />
              </span>
            )}
            {shown.map((column) => (
              <HeadCell key={column} column={column} filters={filters} show={show} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className={styles["body"]} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const id = ids[item.index];
            return id === undefined ? null : (
              <TableRow key={id} id={id} index={item.index} top={item.start} selectable={selectable} onToggle={onToggle} shown={shown.join()} />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface TableRowProps {
  id: string;
  index: number;
  top: number;
  selectable: boolean;
  shown: string;
  onToggle: (id: string, toHere: boolean) => void;
}

const CELLS = new Map(columns.map((column) => [column.id, column.cell as unknown as () => React.ReactNode]));

const TableRow = memo(function TableRow({ id, index, top, selectable, shown, onToggle }: TableRowProps) {
  const row = useRow(id);
  const selected = useIsSelected(id);
  const isCurrent = useIsCurrent(id);
  if (!row) return null;
  const settled = selectable && !canDecide(row);
  return (
    <RowProvider value={row}>
      <div
        role="row"
        aria-rowindex={index + 2}
        data-id={id}
        data-selected={selected || undefined}
        data-current={isCurrent || undefined}
        data-settled={settled || undefined}
        className={styles["row"]}
        style={{ transform: `translateY(${top}px)` }}
        onFocus={() => current.set(id)}
      >
        {selectable && (
          <span role="cell">
            <SelectCell onToggle={onToggle} />
          </span>
        )}
        {shown.split(",").map((column) => (
          <span key={column} role="cell" data-column={column}>
            {CELLS.get(column)?.()}
          </span>
        ))}
      </div>
    </RowProvider>
  );
});

function SelectAll({ ids }: { ids: readonly string[] }) {
  const { t } = useTexts();
  const selected = useSelection();
  return (
    <Checkbox
      size="xs"
      aria-label={t("select.all")}
      checked={selected.size > 0 && selected.size >= Math.min(ids.length, 500)}
      indeterminate={selected.size > 0 && selected.size < Math.min(ids.length, 500)}
      onChange={() => {
        if (selected.size > 0) clearSelection();
        else
          selectAll(
            ids.filter((id) => {
              const row = known.get(id);
              return row !== undefined && canDecide(row);
            }),
          );
      }}
    />
  );
}

function HeadCell({ column, filters, show }: { column: string; filters: Filters; show: Show }) {
  const { t } = useTexts();
  const { title, sort, end } = metaOf(column);
  if (!sort) {
    return (
      <span role="columnheader" data-end={end}>
        {column === "actions" ? <span className={styles["forReaders"]}>{t(title)}</span> : t(title)}
      </span>
    );
  }
  const byDefault = sort === "respond_by" && filters.tab === "to_decide";
  const active = filters.sort ? filters.sort === sort : byDefault;
  const ascending = sort === "respond_by";
  const Arrow = ascending ? IconArrowUp : IconArrowDown;
  return (
    <span role="columnheader" data-end={end} aria-sort={active ? (ascending ? "ascending" : "descending") : "none"}>
      <button
        type="button"
        data-active={active || undefined}
        onClick={() => show({ ...filters, sort: active && !byDefault ? undefined : byDefault ? undefined : sort })}
      >
        {t(title)}
        {active && <Arrow size={13} aria-hidden />}
      </button>
    </span>
  );
}
