import { describe, expect, it } from "vitest";
import { a_row } from "./a_row";
import { canDecide, canReject, canRetry, statusOf } from "./status";

const sync = (state: ReturnType<typeof a_row>["sync"]["state"], more = {}) => ({ state, attempt: 1, next_attempt_at: null, message: null, cause: null, ...more });

describe("after a rejection", () => {
  it("nobody ships before the marketplace has taken it", () => {
    for (const state of ["queued", "retrying", "blocked", "failed"] as const) {
      expect(statusOf(a_row({ state: "rejected", sync: sync(state) })).word).toBe("status.do_not_ship");
    }
  });

  it("the order is ready to ship once it has", () => {
    for (const state of ["synced", "confirmed"] as const) {
      expect(statusOf(a_row({ state: "rejected", sync: sync(state) })).word).toBe("status.ready_to_ship");
    }
  });
});

it("an approval is cancelled from the click on, and says how far the marketplace is", () => {
  expect(statusOf(a_row({ state: "approved", sync: sync("queued") }))).toMatchObject({ word: "status.cancelled", more: "sync.queued" });
  expect(statusOf(a_row({ state: "approved", sync: sync("retrying", { next_attempt_at: "2026-11-23T02:00:00Z" }) })).more).toBe("sync.retrying");
  expect(statusOf(a_row({ state: "approved", sync: sync("blocked", { cause: "shop_disconnected" }) })).more).toBe("sync.blocked");
  expect(statusOf(a_row({ state: "approved", sync: sync("blocked", { cause: "app_misconfigured" }) })).more).toBe("sync.misconfigured");
});

it("a refused answer asks for a new decision", () => {
  expect(statusOf(a_row({ sync: sync("refused") }))).toMatchObject({ word: "status.refused", more: "status.decide_again" });
});

it("a disconnected shop can be approved, but not rejected", () => {
  const row = a_row({ answerable: false, not_answerable_because: "shop_disconnected" });
  expect([canDecide(row), canReject(row)]).toEqual([true, false]);
  const others = a_row({ answerable: false, not_answerable_because: "marketplace_waits_for_others" });
  expect([canDecide(others), canReject(others)]).toEqual([false, false]);
});

it("only what waits or was given up can be sent again", () => {
  const retryable = (["none", "queued", "retrying", "blocked", "synced", "confirmed", "refused", "failed"] as const).filter((state) => canRetry(a_row({ sync: sync(state) })));
  expect(retryable).toEqual(["retrying", "blocked", "failed"]);
});
