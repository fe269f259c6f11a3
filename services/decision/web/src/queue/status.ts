/** What a request's state means to the seller: one word, and one line below it. */
import type { Row } from "../api/client";
import type { Tone } from "../elements/Chip";
import type { TextKey } from "../i18n/texts";

export interface Status {
  word: TextKey;
  tone: Tone;
  /** How far the marketplace is, or why it ended; `{channel}` and `{time}` are filled in. */
  more?: TextKey;
}

const TELLING: Partial<Record<Row["sync"]["state"], TextKey>> = {
  queued: "sync.queued",
  retrying: "sync.retrying",
  synced: "sync.synced",
  confirmed: "sync.confirmed",
  refused: "sync.refused",
  failed: "sync.failed",
};

/** How far the marketplace has heard the decision. */
export function tellingOf(row: Pick<Row, "sync">): TextKey | undefined {
  const { state, cause } = row.sync;
  if (state === "blocked") return cause === "app_misconfigured" ? "sync.misconfigured" : "sync.blocked";
  if (state === "retrying" && !row.sync.next_attempt_at) return "sync.retrying_soon";
  return TELLING[state];
}

const told = (row: Row) => row.sync.state === "synced" || row.sync.state === "confirmed";
const withMore = (status: Omit<Status, "more">, more: TextKey | undefined): Status => (more ? { ...status, more } : status);

export function statusOf(row: Row): Status {
  switch (row.state) {
    case "pending":
      if (row.sync.state === "refused") return { word: "status.refused", tone: "danger", more: "status.decide_again" };
      if (row.not_answerable_because === "shop_disconnected") return { word: "status.shop_disconnected", tone: "danger" };
      if (row.not_answerable_because) return { word: "status.not_yours", tone: "plain" };
      return { word: "status.pending", tone: "plain" };
    case "approved":
      return withMore({ word: "status.cancelled", tone: row.sync.state === "failed" ? "danger" : "plain" }, tellingOf(row));
    case "rejected":
      if (told(row)) return withMore({ word: "status.ready_to_ship", tone: "ok" }, tellingOf(row));
      return { word: "status.do_not_ship", tone: "warn", more: "sync.not_taken" };
    case "cancelled_elsewhere":
      return { word: "status.cancelled", tone: "plain", more: "status.not_by_you" };
    case "lapsed":
      return { word: "status.ended", tone: "plain", more: row.order.status === "shipped" ? "status.shipped" : "status.order_goes_on" };
  }
}

export const canDecide = (row: Row): boolean => row.state === "pending" && row.not_answerable_because !== "marketplace_waits_for_others";
/** A rejection that the marketplace can't hear would be overrun by its deadline while the parcel leaves. */
export const canReject = (row: Row): boolean => canDecide(row) && row.not_answerable_because !== "shop_disconnected";
export const canRetry = (row: Row): boolean => ["retrying", "blocked", "failed"].includes(row.sync.state);
export const isHandedOver = (row: Row): boolean => row.parcel.state === "handed_over";
