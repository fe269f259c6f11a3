import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, type KeyboardEvent } from "react";
import { answered, api } from "../api/client";
import { useCounts } from "../frame/counts";
import { useTexts } from "../i18n/texts";
import { keys } from "../live/live";
import { Count } from "./ChannelTabs";
import { TABS, queryOf, type Filters, type Tab } from "./filters";
import type { Show } from "./Queue";
import styles from "./queue.module.css";

/** Counts of the tabs under the list's own filters; without any they are those that the stream keeps. */
function useTabCounts(filters: Filters) {
  const isPlain = Object.keys(queryOf({ ...filters, sort: undefined })).length === 1;
  const everything = useCounts();
  const narrowed = useNarrowedCounts(filters, !isPlain);
  return isPlain ? everything : narrowed;
}

/** Counts and sums under the list's own filters. */
export function useNarrowedCounts(filters: Filters, enabled = true) {
  const query = useMemo(() => {
    const narrowing = queryOf(filters);
    delete narrowing.sort;
    return narrowing;
  }, [filters]);
  return useQuery({
    queryKey: [...keys.narrowed, query],
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.GET("/v1/cancel-requests/summary", { params: { query }, signal })),
  });
}

export function StateTabs({ filters, show }: { filters: Filters; show: Show }) {
  const { t, number } = useTexts();
  const counts = useTabCounts(filters).data;
  const list = useRef<HTMLDivElement>(null);
  const choose = (tab: Tab) => show({ ...filters, tab, alerts: [], sort: undefined });

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = step && TABS[(TABS.indexOf(filters.tab) + step + TABS.length) % TABS.length];
    if (!next) return;
    event.preventDefault();
    choose(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };

  return (
    <div className={styles["tabs"]} role="tablist" aria-label={t("tabs.label")} ref={list}>
      {TABS.map((tab) => (
        <button
          key={tab}
          id={`tab-${tab}`}
          type="button"
          role="tab"
          aria-selected={filters.tab === tab}
          aria-controls="list"
          tabIndex={filters.tab === tab ? 0 : -1}
          onClick={() => choose(tab)}
          onKeyDown={onKeyDown}
        >
          {t(`tab.${tab}`)} <Count n={counts?.by_tab[tab]} format={number} />
        </button>
      ))}
    </div>
  );
}
