import { describe, expect, it } from "vitest";
import type { Row } from "../api/client";
import { a_row } from "./a_row";
import { filtersOf } from "./filters";
import { rearranged, waiting } from "./order";

const toDecide = filtersOf("");

function world(...rows: Row[]) {
  const known = new Map(rows.map((row) => [row.id, row]));
  return (id: string) => known.get(id);
}

describe("putting a list in order", () => {
  const early = a_row({ respond_by: "2026-11-24T01:00:00Z" });
  const late = a_row({ respond_by: "2026-11-26T01:00:00Z" });

  it("puts a new request where its deadline belongs", () => {
    const between = a_row({ respond_by: "2026-11-25T01:00:00Z" });
    const find = world(early, late, between);
    expect(rearranged([early.id, late.id], { filters: toDecide, changed: new Set([between.id]), find, hasMore: false })).toEqual([early.id, between.id, late.id]);
  });

  it("takes away what was decided and leaves all else where it stood", () => {
    const decided = a_row({ ...early, id: early.id, state: "approved", tab: "cancelled", version: 2 });
    const find = world(decided, late);
    expect(rearranged([early.id, late.id], { filters: toDecide, changed: new Set([early.id]), find, hasMore: false })).toEqual([late.id]);
  });

  it("leaves to the next page what belongs after the last row read", () => {
    const later = a_row({ respond_by: "2026-12-24T01:00:00Z" });
    const find = world(early, late, later);
    const change = { filters: toDecide, changed: new Set([later.id]), find };
    expect(rearranged([early.id, late.id], { ...change, hasMore: true })).toEqual([early.id, late.id]);
    expect(rearranged([early.id, late.id], { ...change, hasMore: false })).toEqual([early.id, late.id, later.id]);
  });

  it("is the same list when nothing moves", () => {
    const ids = [early.id, late.id];
    expect(rearranged(ids, { filters: toDecide, changed: new Set([early.id]), find: world(early, late), hasMore: false })).toBe(ids);
  });

  it("moves a row whose deadline changed", () => {
    const delayed = { ...early, respond_by: "2026-11-27T01:00:00Z", version: 2 };
    const ids = rearranged([early.id, late.id], { filters: toDecide, changed: new Set([early.id]), find: world(delayed, late), hasMore: false });
    expect(ids).toEqual([late.id, early.id]);
  });

  it("puts a request without a deadline last", () => {
    const never = a_row({ respond_by: null });
    const ids = rearranged([early.id, late.id], { filters: toDecide, changed: new Set([never.id]), find: world(early, late, never), hasMore: false });
    expect(ids.at(-1)).toBe(never.id);
  });

  it("says how many wait to come and to go while it is held", () => {
    const gone = { ...early, state: "lapsed" as const, tab: "ended" as const };
    const fresh = a_row();
    const found = waiting([early.id, late.id], { filters: toDecide, changed: new Set([early.id, fresh.id, late.id]), find: world(gone, late, fresh) });
    expect(found).toEqual({ come: 1, go: 1 });
  });
});
