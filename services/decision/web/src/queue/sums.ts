/** Money of many rows, one sum per currency, exact. */
import type { Money, Row } from "../api/client";

const DECIMALS = 6;

/** In millionths, so that adding never rounds. */
function millionths(amount: string): bigint {
  const [whole = "0", part = ""] = amount.replace("-", "").split(".");
  const value = BigInt(whole + part.padEnd(DECIMALS, "0").slice(0, DECIMALS));
  return amount.startsWith("-") ? -value : value;
}

function amountOf(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(DECIMALS + 1, "0");
  const part = digits.slice(-DECIMALS).replace(/0+$/, "").padEnd(2, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -DECIMALS)}.${part}`;
}

export function addUp(amounts: readonly (Money | null | undefined)[]): Money[] {
  const sums = new Map<string, bigint>();
  for (const money of amounts) {
    if (money) sums.set(money.currency, (sums.get(money.currency) ?? 0n) + millionths(money.amount));
  }
  return [...sums].sort(([a], [b]) => a.localeCompare(b)).map(([currency, sum]) => ({ currency, amount: amountOf(sum) }));
}

export const sumOf = (rows: readonly Row[]): Money[] => addUp(rows.map((row) => row.order_total));
/** What buyers get back; nothing was paid for cash on delivery. */
export const refundsOf = (rows: readonly Row[]): Money[] => addUp(rows.map(refundOf));
export const refundOf = (row: Row): Money | undefined => (row.cod ? undefined : (row.refund_total ?? row.order_total ?? undefined));
