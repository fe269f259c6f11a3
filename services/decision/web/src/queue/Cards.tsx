/** The list where a table has no room: a card per request, with the same pieces. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef } from "react";
import { AlertsCell } from "../alerts/AlertsCell";
import { useTexts } from "../i18n/texts";
import { useRow } from "../live/rows";
import { AccountCell, ActionsCell, ItemCell, LeftCell, OrderCell, ParcelWord, ReasonCell, StatusCell, TotalCell } from "./cells";
import { RowProvider } from "./RowContext";
import { current } from "./selection";
import type { Queue } from "./useQueue";
import styles from "./cards.module.css";

const CARD_HEIGHT = 186;
const READ_AHEAD = 20;

export function Cards({ queue }: { queue: Queue }) {
  const { t } = useTexts();
  const { ids, hasMore, readMore } = queue;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_HEIGHT,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 4,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= ids.length - Math.min(READ_AHEAD, ids.length / 4)) readMore();
  }, [hasMore, last, ids.length, readMore]);

  return (
    <div className={styles["scroller"]} ref={scroller} data-stale={queue.isStale || undefined}>
      <ul className={styles["list"]} style={{ height: virtual.getTotalSize() }} aria-label={t("menu.queue")}>
        {items.map((item) => (
          <li
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            aria-setsize={hasMore ? -1 : ids.length}
            aria-posinset={item.index + 1}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <Card id={ids[item.index] ?? ""} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const Card = memo(function Card({ id }: { id: string }) {
  const row = useRow(id);
  if (!row) return null;
  return (
    <RowProvider value={row}>
      {/* Not interactive itself: whichever of its buttons has the focus, this is the card that the keys mean. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <article className={styles["card"]} data-id={id} aria-label={row.order_ref} onFocus={() => current.set(id)}>
        <div className={styles["line"]}>
          <AccountCell />
          {row.state === "pending" && <LeftCell />}
        </div>
        <div className={styles["line"]}>
          <ItemCell />
          <TotalCell />
        </div>
        <div className={styles["orderLine"]}>
          <OrderCell />
          <ParcelWord />
        </div>
        {(row.state !== "pending" || row.sync.state === "refused" || !row.answerable) && <StatusCell />}
        {row.alerts.length > 0 && row.tab !== "to_decide" && <AlertsCell />}
        <div className={styles["line"]}>
          <ReasonCell />
          <ActionsCell />
        </div>
      </article>
    </RowProvider>
  );
});
