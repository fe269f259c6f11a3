/** The list of the chosen filters: read page by page, kept in order as things change, but not under somebody's hand. */
import { keepPreviousData, useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { answered, api } from "../api/client";
import { keys } from "../live/live";
import { rows } from "../live/rows";
import { queryOf, type Filters } from "./filters";
import { rearranged, waiting } from "./order";

const FIRST_PAGE = 50;
const NEXT_PAGES = 200;
const ARRANGE_MS = 400;

interface Page {
  ids: readonly string[];
  next: string | undefined;
}
type Pages = InfiniteData<Page, string | undefined>;

export interface Queue {
  ids: readonly string[];
  status: "pending" | "error" | "success";
  error: Error | null;
  /** What is shown belongs to other filters; the right rows are on their way. */
  isStale: boolean;
  hasMore: boolean;
  readMore: () => void;
  readAgain: () => void;
  /** What changed while the list was held still. */
  waiting: { come: number; go: number };
  /** Put the list in order now. */
  arrange: () => void;
}

/** `held`: somebody's hand is on the list; rows change where they stand, and nothing moves. */
export function useQueue(filters: Filters, held: boolean): Queue {
  const queries = useQueryClient();
  const query = useMemo(() => queryOf(filters), [filters]);
  const key = useMemo(() => [...keys.list, query] as const, [query]);

  const found = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const paged = { ...query, limit: pageParam ? NEXT_PAGES : FIRST_PAGE, ...(pageParam && { cursor: pageParam }) };
      const page = await answered(api.GET("/v1/cancel-requests", { params: { query: paged }, signal }));
      rows.put(page.items);
      return { ids: page.items.map((row) => row.id), next: page.next_cursor ?? undefined };
    },
    getNextPageParam: (last) => last.next,
  });

  const ids = useMemo(() => unique(found.data?.pages.flatMap((page) => page.ids) ?? []), [found.data]);
  const hasMore = found.hasNextPage;
  const changed = useRef(new Set<string>());
  const [news, setNews] = useState({ come: 0, go: 0 });

  const arrange = useCallback(() => {
    const changes = new Set([...changed.current].filter((id) => !rows.isAssumed(id)));
    changed.current = new Set([...changed.current].filter((id) => !changes.has(id)));
    setNews({ come: 0, go: 0 });
    if (changes.size === 0) return;
    queries.setQueryData<Pages>(key, (data) => data && arrangedPages(data, changes, filters));
  }, [queries, key, filters]);

  // Another list: what changed before its rows were read is in them.
  useEffect(() => {
    changed.current.clear();
    setNews({ come: 0, go: 0 });
  }, [key]);

  const isHeld = useRef(held);
  useEffect(() => {
    isHeld.current = held;
    if (held) return;
    const timer = setTimeout(arrange, ARRANGE_MS);
    return () => clearTimeout(timer);
  }, [held, arrange]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = rows.watch((fresh) => {
      for (const id of fresh) changed.current.add(id);
      timer ??= setTimeout(() => {
        timer = undefined;
        if (isHeld.current) setNews(waiting(idsNow(), { filters, changed: changed.current, find: (id) => rows.get(id) }));
        else arrange();
      }, ARRANGE_MS);
    });
    const idsNow = () => queries.getQueryData<Pages>(key)?.pages.flatMap((page) => page.ids) ?? [];
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queries, key, filters, arrange]);

  const { fetchNextPage, isFetchingNextPage, refetch } = found;
  return {
    ids,
    // What was read stays to be seen when reading it again fails; the line above says so.
    status: found.data ? "success" : found.status,
    error: found.error,
    isStale: found.isPlaceholderData,
    hasMore,
    readMore: useCallback(() => {
      if (hasMore && !isFetchingNextPage) void fetchNextPage();
    }, [hasMore, isFetchingNextPage, fetchNextPage]),
    readAgain: useCallback(() => void refetch(), [refetch]),
    waiting: news,
    arrange,
  };
}

function arrangedPages(data: Pages, changed: ReadonlySet<string>, filters: Filters): Pages {
  const before = data.pages.flatMap((page) => page.ids);
  const hasMore = data.pages.at(-1)?.next !== undefined;
  const after = rearranged(before, { filters, changed, find: (id) => rows.get(id), hasMore });
  if (after === before) return data;
  // The pages' borders mean nothing any more but for the last one's cursor: all rows go into the first page.
  return { ...data, pages: data.pages.map((page, index) => (index === 0 ? { ...page, ids: after } : { ...page, ids: [] })) };
}

const unique = (ids: readonly string[]): readonly string[] => (new Set(ids).size === ids.length ? ids : [...new Set(ids)]);
