// @vitest-environment jsdom
import { expect, it } from "vitest";
import type { Fulfilment, Shop } from "../api/client";
import { verdictOf } from "./askGate";

const shop = (shop_id: string): Shop => ({ channel: "shopee", shop_id, name: `Shop ${shop_id}`, region: "MY", state: "connected", last_heard_at: "2026-11-23T01:00:00Z", to_decide: 0 });
const answer = (shop_id: string, more: Partial<Fulfilment>): Fulfilment => ({
  channel: "shopee", shop_id, order_ref: "X", may_ship: true, known: false, fresh: true, checked_at: "2026-11-23T01:00:00Z", ...more,
}); // prettier-ignore
const shops = [shop("1"), shop("2")];

it("a shop that holds the order has the last word", () => {
  const verdict = verdictOf("X", shops, [answer("1", { known: true }), answer("2", { known: true, may_ship: false, hold: "cancelled" })]);
  expect(verdict).toMatchObject({ kind: "known", shop: "Shop 2", answer: { may_ship: false, hold: "cancelled" } });
});

const REF = "2611247MF9Y10N";

it("an order that nobody heard of may ship while all shops are heard of", () => {
  expect(verdictOf(REF, shops, [answer("1", {}), answer("2", {})])).toEqual({ kind: "unknown", code: REF, stale: [] });
});

it.each(["MY263847561029A", "X", "5766140347044259370", `${REF}0`])("what can't be an order of these shops never looks as if it might ship: %s", (code) => {
  expect(verdictOf(code, shops, [answer("1", {}), answer("2", {})])).toEqual({ kind: "strange", code });
});

it("where no shop is connected nothing may ship", () => {
  expect(verdictOf(REF, [], [])).toEqual({ kind: "strange", code: REF });
});

it("a silent shop makes it doubtful: a request may be on its way", () => {
  expect(verdictOf(REF, shops, [answer("1", {}), answer("2", { fresh: false })])).toEqual({ kind: "unknown", code: REF, stale: ["Shop 2"] });
});
