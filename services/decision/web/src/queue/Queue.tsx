/** The list of cancel requests with everything that narrows it. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { AlertBar } from "../alerts/AlertBar";
import { AlertKinds } from "../alerts/AlertKinds";
import { asking } from "../decide/asking";
import { goTo, useAddress } from "../frame/address";
import { useTexts } from "../i18n/texts";
import { useCounts, useShops } from "../frame/counts";
import { Skeleton } from "./Skeleton";
import { useStore } from "../store";
import { ChannelTabs } from "./ChannelTabs";
import { FilterBar } from "./FilterBar";
import { addressOf, filtersOf, type Filters } from "./filters";
import { KeyHelp } from "./KeyHelp";
import { List } from "./List";
import { SearchField } from "./SearchField";
import { SelectionBar } from "./SelectionBar";
import { clearSelection, useSelection } from "./selection";
import { StateTabs } from "./StateTabs";
import { Totals } from "./Totals";
import { useCurrentStays, useKeys } from "./useKeys";
import { useQueue } from "./useQueue";
import { Waiting } from "./Waiting";
import styles from "./queue.module.css";

const PATIENCE_MS = 250;

export function Queue() {
  const { t } = useTexts();
  const search = useAddress();
  // Which request is open is no matter of the list's.
  const listed = useMemo(() => withoutOpen(search), [search]);
  const filters = useMemo(() => filtersOf(listed), [listed]);
  const [handOn, setHandOn] = useState(false);
  const selected = useSelection();
  const isAsking = useStore(asking) !== null;
  const queue = useQueue(filters, handOn || selected.size > 0 || isAsking);
  const searchField = useRef<HTMLInputElement>(null);

  const show = useCallback((next: Filters, replace = false) => goTo(addressOf(next), { replace }), []);
  useEffect(clearSelection, [listed]);
  // After a confirmation the pointer is where the dialogue was: it is no hand on the list until it moves.
  useEffect(() => {
    if (isAsking) setHandOn(false);
  }, [isAsking]);
  useKeys(queue.ids, searchField);
  useCurrentStays(queue.ids);

  // What stands above the list comes with it, or the list would move under the eye; but not much later than it could.
  const isWhole = [useCounts(), useShops()].every(({ isPending, failureCount }) => !isPending || failureCount > 0);
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isWhole && !isLate) return <Skeleton />;

  return (
    <section className={styles["queue"]} aria-label={t("menu.queue")}>
      <div className={styles["head"]}>
        <h1>{t("menu.queue")}</h1>
        <ChannelTabs filters={filters} show={show} />
        <SearchField ref={searchField} filters={filters} show={show} />
      </div>
      <AlertBar />
      <StateTabs filters={filters} show={show} />
      {filters.tab === "attention" && <AlertKinds filters={filters} show={show} />}
      <FilterBar filters={filters} show={show} />
      {filters.tab === "cancelled" && <Totals filters={filters} />}
      {/* The hand is on the list also where it reaches for what is new: that must not vanish under it. */}
      <div
        className={styles["listArea"]}
        id="list"
        role="tabpanel"
        aria-labelledby={`tab-${filters.tab}`}
        onPointerMove={(event) => setHandOn(event.pointerType === "mouse")}
        onPointerLeave={() => setHandOn(false)}
      >
        <Waiting {...queue.waiting} arrange={queue.arrange} />
        <List filters={filters} queue={queue} show={show} />
      </div>
      <SelectionBar ids={queue.ids} />
      <KeyHelp />
    </section>
  );
}

function withoutOpen(search: string): string {
  const parameters = new URLSearchParams(search);
  parameters.delete("open");
  return parameters.toString();
}

export type Show = (filters: Filters, replace?: boolean) => void;
