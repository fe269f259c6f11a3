/** Asks the gate about a code that was scanned or typed: an order ref in every shop of the seller at once, or what a parcel's barcode says. */
import { answered, api, type Fulfilment, type Shop } from "../api/client";

export type Verdict =
  | { kind: "known"; code: string; answer: Fulfilment; shop: string }
  /** No shop ever had a cancel request of this order. `stale`: shops that were not heard of lately, so that one may be on its way. */
  | { kind: "unknown"; code: string; stale: readonly string[] }
  /** It can't be an order of a connected shop (a slip of the scanner, a parcel's number that no marketplace told): nothing is known of it. */
  | { kind: "strange"; code: string };

/** As the marketplaces number their orders: Shopee by date and eight characters, TikTok by a long number. */
const ORDER_REFS: Record<string, RegExp> = { shopee: /^\d{6}[0-9A-Z]{8}$/i, tiktok: /^\d{17,19}$/ };

const MOST_PER_CALL = 500;

export async function askGate(code: string, shops: readonly Shop[]): Promise<Verdict> {
  const inParcel = await ordersInParcel(code);
  const wanted = [...inParcel, ...shops.map(({ channel, shop_id }) => ({ channel, shop_id, order_ref: code }))];
  const answers: Fulfilment[] = [];
  for (let at = 0; at < wanted.length; at += MOST_PER_CALL) {
    const orders = wanted.slice(at, at + MOST_PER_CALL);
    answers.push(...(await answered(api.POST("/v1/fulfilment-checks", { body: { orders } }))).items);
  }
  return verdictOf(code, shops, answers);
}

async function ordersInParcel(code: string) {
  // No carrier's number has one, and it would be another address.
  if (code.includes("/")) return [];
  return (await answered(api.GET("/v1/parcels/{tracking_no}/orders", { params: { path: { tracking_no: code } } }))).items;
}

/** Of several shops' answers the one that knows the order; of two that know it, the one that holds it. */
export function verdictOf(code: string, shops: readonly Shop[], answers: readonly Fulfilment[]): Verdict {
  const known = answers.filter((answer) => answer.known);
  const answer = known.find((each) => !each.may_ship) ?? known[0];
  const nameOf = (each: Fulfilment) => shops.find((shop) => shop.channel === each.channel && shop.shop_id === each.shop_id)?.name ?? each.shop_id;
  if (answer) return { kind: "known", code, answer, shop: nameOf(answer) };
  if (!shops.some(({ channel }) => ORDER_REFS[channel]?.test(code) ?? false)) return { kind: "strange", code };
  return { kind: "unknown", code, stale: answers.filter((each) => !each.fresh).map(nameOf) };
}
