/** Where a row belongs in a list: the same orders that the service sorts by. */
import type { Row } from "../api/client";
import { fits, type Filters } from "./filters";

const NEVER = Number.POSITIVE_INFINITY;

type Key = (row: Row) => number;

function keyOf(filters: Filters): { key: Key; ascending: boolean } | undefined {
  const sort = filters.sort ?? (filters.tab === "to_decide" ? "respond_by" : filters.tab === "attention" ? undefined : "-updated_at");
  switch (sort) {
    case "respond_by":
      return { key: (row) => (row.respond_by ? Date.parse(row.respond_by) : NEVER), ascending: true };
    case "-requested_at":
      return { key: (row) => Date.parse(row.requested_at), ascending: false };
    case "-updated_at":
      return { key: (row) => Date.parse(row.updated_at), ascending: false };
    case "-order_total":
      return { key: (row) => Number(row.order_total?.amount ?? -1), ascending: false };
    // By the oldest alert: a row does not say since when, so new ones belong to the end.
    case undefined:
      return undefined;
  }
}

/** Compares as the service does: by key, then by id, both in the same direction. */
export function comparing(filters: Filters): (a: Row, b: Row) => number {
  const by = keyOf(filters);
  if (!by) return () => 0;
  const sign = by.ascending ? 1 : -1;
  return (a, b) => {
    const [x, y] = [by.key(a), by.key(b)];
    if (x !== y) return x < y ? -sign : sign;
    return a.id < b.id ? -sign : a.id > b.id ? sign : 0;
  };
}

interface Change {
  filters: Filters;
  /** Ids whose rows changed since the list was put in order last. */
  changed: ReadonlySet<string>;
  find: (id: string) => Row | undefined;
  /** Whether the service has more rows after the last one: what belongs there will come with its page. */
  hasMore: boolean;
}

/** The list after the changes: rows that left are gone, rows that came are where they belong, all others stand as they stood. */
export function rearranged(ids: readonly string[], { filters, changed, find, hasMore }: Change): readonly string[] {
  const compare = comparing(filters);
  const known = new Set(ids);
  const stay = ids.filter((id) => {
    if (!changed.has(id)) return true;
    const row = find(id);
    return row !== undefined && fits(row, filters) && inPlace(ids, id, row, compare, find);
  });
  const standing = new Set(stay);
  const coming = [...changed].flatMap((id) => {
    const row = standing.has(id) ? undefined : find(id);
    return row && fits(row, filters) ? [row] : [];
  });
  if (coming.length === 0 && stay.length === known.size) return ids;
  const arranged = [...stay];
  for (const row of coming.sort(compare)) {
    const at = placeOf(arranged, row, compare, find);
    if (at < arranged.length || !hasMore) arranged.splice(at, 0, row.id);
  }
  return arranged;
}

function inPlace(
  ids: readonly string[],
  id: string,
  row: Row,
  compare: (a: Row, b: Row) => number,
  find: (id: string) => Row | undefined,
): boolean {
  const at = ids.indexOf(id);
  const before = at > 0 ? find(ids[at - 1] ?? "") : undefined;
  const after = at < ids.length - 1 ? find(ids[at + 1] ?? "") : undefined;
  return (!before || compare(before, row) <= 0) && (!after || compare(row, after) <= 0);
}

/** By halves: the list may hold tens of thousands. */
function placeOf(ids: readonly string[], row: Row, compare: (a: Row, b: Row) => number, find: (id: string) => Row | undefined): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = find(ids[middle] ?? "");
    if (there && compare(there, row) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many rows would come and go if the list were put in order now. */
export function waiting(ids: readonly string[], { filters, changed, find }: Omit<Change, "hasMore">): { come: number; go: number } {
  const known = new Set(ids);
  let come = 0;
  let go = 0;
  for (const id of changed) {
    const row = find(id);
    if (!row) continue;
    const belongs = fits(row, filters);
    if (belongs && !known.has(id)) come += 1;
    if (!belongs && known.has(id)) go += 1;
  }
  return { come, go };
}
