import { expect, it } from "vitest";
import { a_row } from "./a_row";
import { addUp, refundOf, refundsOf } from "./sums";

it("adds money without rounding, one sum per currency", () => {
  expect(addUp([{ amount: "0.10", currency: "MYR" }, { amount: "0.20", currency: "MYR" }, { amount: "1234567890123.45", currency: "PHP" }, null])).toEqual([
    { currency: "MYR", amount: "0.30" },
    { currency: "PHP", amount: "1234567890123.45" },
  ]);
});

it("keeps what is below zero and what is below a cent", () => {
  expect(addUp([{ amount: "-1.50", currency: "SGD" }, { amount: "0.255", currency: "SGD" }])).toEqual([{ currency: "SGD", amount: "-1.245" }]);
});

it("refunds what the marketplace says, else the total, and nothing that was not paid", () => {
  expect(refundOf(a_row({ refund_total: { amount: "40.00", currency: "MYR" } }))?.amount).toBe("40.00");
  expect(refundOf(a_row())?.amount).toBe("45.90");
  expect(refundsOf([a_row({ cod: true })])).toEqual([]);
});
