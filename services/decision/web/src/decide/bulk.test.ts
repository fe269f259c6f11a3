// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import type { OfferedReasons } from "../api/client";
import { a_row } from "../queue/a_row";
import { planOf } from "./plan";
import { commonReasons } from "./reasons";

describe("which of many are decided together", () => {
  it("a parcel with the courier is approved one by one", () => {
    const handed = a_row({ parcel: { state: "handed_over", tracking_no: null, carrier: null } });
    const plan = planOf([a_row(), handed], "approve");
    expect(plan.together).toHaveLength(1);
    expect(plan.aside).toEqual([{ row: handed, because: "handed_over" }]);
    expect(planOf([handed], "reject").together).toHaveLength(1);
  });

  it("what ended meanwhile, or can't be heard, is set aside", () => {
    const ended = a_row({ state: "lapsed", tab: "ended" });
    const disconnected = a_row({ answerable: false, not_answerable_because: "shop_disconnected" });
    const others = a_row({ answerable: false, not_answerable_because: "marketplace_waits_for_others" });
    const rejected = planOf([ended, disconnected, others], "reject");
    expect(rejected.aside.map(({ because }) => because)).toEqual(["ended", "shop_disconnected", "not_yours"]);
    expect(planOf([disconnected], "approve").together).toEqual([disconnected]);
  });
});

describe("the reasons that many have in common", () => {
  const offer = (...names: string[]): OfferedReasons => ({ required: true, fetched_at: "2026-11-23T01:00:00Z", items: names.map((name) => ({ name, text: name })) });
  const none: OfferedReasons = { required: false, fetched_at: "2026-11-23T01:00:00Z", items: [] };

  it("are those that all of them offer", () => {
    const common = commonReasons(new Map([["a", offer("packed", "late")], ["b", offer("late", "packed", "other")]]));
    expect(common.reasons.map(({ name }) => name)).toEqual(["packed", "late"]);
    expect(common).toMatchObject({ left: [], need: ["a", "b"] });
  });

  it("need not be asked of those that want none", () => {
    expect(commonReasons(new Map([["a", none]]))).toEqual({ reasons: [], left: [], need: [] });
  });

  it("leave over those of which they could not be learnt", () => {
    const common = commonReasons(new Map([["a", offer("late")], ["b", null]]));
    expect(common).toMatchObject({ left: ["b"], need: ["a"] });
  });

  it("leave over the fewest when nothing is common to all", () => {
    const common = commonReasons(new Map([["a", offer("x")], ["b", offer("y", "z")], ["c", offer("y", "z")]]));
    expect(common.reasons.map(({ name }) => name)).toEqual(["y", "z"]);
    expect(common.left).toEqual(["a"]);
  });
});
