/** What the list is narrowed to: read from the address, written to it, and said to the API. */
import type { operations } from "../api/schema";
import type { Row } from "../api/client";

export const TABS = ["to_decide", "cancelled", "rejected", "ended", "attention"] as const;
export type Tab = (typeof TABS)[number];
export const SORTS = ["respond_by", "-requested_at", "-updated_at", "-order_total"] as const;
export type Sort = (typeof SORTS)[number];
export const PARCEL_STATES = ["not_arranged", "arranged", "handed_over", "unknown"] as const;
export type ParcelState = (typeof PARCEL_STATES)[number];
export const ALERTS = [
  "stop_parcel",
  "overdue",
  "due_soon",
  "shop_disconnected",
  "refused",
  "sync_failed",
  "oversold",
  "unmatched_sku",
  "unconfirmed",
] as const;
export type Alert = (typeof ALERTS)[number];

export interface Filters {
  tab: Tab;
  channel: string | undefined;
  shops: readonly string[];
  regions: readonly string[];
  alerts: readonly Alert[];
  parcels: readonly ParcelState[];
  /** Days as `YYYY-MM-DD`, both included. */
  from: string | undefined;
  to: string | undefined;
  orderRefs: readonly string[];
  text: string;
  sort: Sort | undefined;
}

type Query = NonNullable<operations["list_cancel_requests_v1_cancel_requests_get"]["parameters"]["query"]>;

export const MOST_ORDER_REFS = 100;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
// All three markets keep the same time; a day of the filter begins at their midnight.
const MIDNIGHT = "T00:00:00+08:00";

const oneOf = <T extends string>(known: readonly T[], value: string | null): T | undefined => known.find((each) => each === value);
const someOf = <T extends string>(known: readonly T[], values: readonly string[]): T[] => known.filter((each) => values.includes(each));
const day = (value: string | null) => (value && DAY.test(value) ? value : undefined);

/** What the address says; what it says wrong is as if it said nothing. */
export function filtersOf(search: string): Filters {
  const parameters = new URLSearchParams(search);
  return {
    tab: oneOf(TABS, parameters.get("tab")) ?? "to_decide",
    channel: parameters.get("channel") ?? undefined,
    shops: parameters.getAll("shop"),
    regions: parameters.getAll("region"),
    alerts: someOf(ALERTS, parameters.getAll("alert")),
    parcels: someOf(PARCEL_STATES, parameters.getAll("parcel")),
    from: day(parameters.get("from")),
    to: day(parameters.get("to")),
    orderRefs: orderRefsIn(parameters.getAll("order").join(" ")),
    text: parameters.get("q") ?? "",
    sort: oneOf(SORTS, parameters.get("sort")),
  };
}

/** The address of a list; what is at its default is left out. */
export function addressOf(filters: Filters): URLSearchParams {
  const parameters = new URLSearchParams();
  if (filters.tab !== "to_decide") parameters.set("tab", filters.tab);
  if (filters.channel) parameters.set("channel", filters.channel);
  for (const shop of filters.shops) parameters.append("shop", shop);
  for (const region of filters.regions) parameters.append("region", region);
  for (const alert of filters.alerts) parameters.append("alert", alert);
  for (const parcel of filters.parcels) parameters.append("parcel", parcel);
  if (filters.from) parameters.set("from", filters.from);
  if (filters.to) parameters.set("to", filters.to);
  for (const ref of filters.orderRefs) parameters.append("order", ref);
  if (filters.text) parameters.set("q", filters.text);
  if (filters.sort) parameters.set("sort", filters.sort);
  return parameters;
}

/** As the API asks for it. */
export function queryOf(filters: Filters): Query {
  return {
    tab: filters.tab,
    ...(filters.channel && { channel: filters.channel }),
    ...(filters.shops.length > 0 && { shop_id: [...filters.shops] }),
    ...(filters.regions.length > 0 && { region: [...filters.regions] }),
    ...(filters.alerts.length > 0 && { alert: [...filters.alerts] }),
    ...(filters.parcels.length > 0 && { parcel_state: [...filters.parcels] }),
    ...(filters.from && { requested_from: `${filters.from}${MIDNIGHT}` }),
    ...(filters.to && { requested_to: `${dayAfter(filters.to)}${MIDNIGHT}` }),
    ...(filters.orderRefs.length > 0 && { order_ref: [...filters.orderRefs] }),
    ...(filters.text && { q: filters.text }),
    ...(filters.sort && { sort: filters.sort }),
  };
}

function dayAfter(iso: string): string {
  const at = new Date(`${iso}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + 1);
  return at.toISOString().slice(0, 10);
}

/** The order refs in a pasted text, each once, whatever stands between them. */
export function orderRefsIn(text: string): string[] {
  const refs = text.split(/[\s,;|]+/).map((ref) => ref.trim().toUpperCase());
  return [...new Set(refs.filter((ref) => ref.length > 0))].slice(0, MOST_ORDER_REFS);
}

/** Several order refs are a search for exactly these; one, or words, is a search by beginning. */
export function searchOf(typed: string): Pick<Filters, "text" | "orderRefs"> {
  const refs = orderRefsIn(typed);
  const many = refs.length > 1 && refs.every((ref) => /^[A-Z0-9-]{10,}$/.test(ref) && /\d/.test(ref));
  return many ? { text: "", orderRefs: refs } : { text: typed.trim().slice(0, 120), orderRefs: [] };
}

export const isNarrowed = (filters: Filters): boolean =>
  Boolean(
    filters.shops.length || filters.regions.length || filters.alerts.length || filters.parcels.length ||
      filters.from || filters.to || filters.orderRefs.length || filters.text,
  ); // prettier-ignore

export const unnarrowed = (filters: Filters): Filters => ({
  ...filters,
  shops: [],
  regions: [],
  alerts: [],
  parcels: [],
  from: undefined,
  to: undefined,
  orderRefs: [],
  text: "",
});

/** Whether a row belongs to the list. A search by words is the service's to judge: here only what a row shows is looked at. */
export function fits(row: Row, filters: Filters): boolean {
  if (filters.tab === "attention" ? row.alerts.length === 0 : row.tab !== filters.tab) return false;
  if (filters.channel && row.channel !== filters.channel) return false;
  if (filters.shops.length > 0 && !filters.shops.includes(row.shop.id)) return false;
  if (filters.regions.length > 0 && !filters.regions.includes(row.shop.region)) return false;
  if (filters.alerts.length > 0 && !filters.alerts.some((alert) => row.alerts.includes(alert))) return false;
  if (filters.parcels.length > 0 && !filters.parcels.includes(row.parcel.state)) return false;
  if (filters.from && Date.parse(row.requested_at) < Date.parse(`${filters.from}${MIDNIGHT}`)) return false;
  if (filters.to && Date.parse(row.requested_at) >= Date.parse(`${dayAfter(filters.to)}${MIDNIGHT}`)) return false;
  if (filters.orderRefs.length > 0 && !filters.orderRefs.includes(row.order_ref.toUpperCase())) return false;
  return !filters.text || textFits(row, filters.text);
}

function textFits(row: Row, text: string): boolean {
  const wanted = text.toLowerCase();
  if (row.order_ref.toLowerCase().startsWith(wanted)) return true;
  const shown = [row.first_line.sku, row.first_line.name].join(" ").toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return wanted.split(/[^\p{L}\p{N}]+/u).every((word) => shown.some((each) => each.startsWith(word)));
}
