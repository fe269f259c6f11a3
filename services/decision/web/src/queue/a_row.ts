/** Builds rows for tests. */
import type { Row } from "../api/client";

let made = 0;

/** A pending Shopee request unless said otherwise; every one has an id of its own. */
export function a_row(changes: Partial<Row> = {}): Row {
  made += 1;
  return {
    id: `request-${String(made).padStart(4, "0")}`,
    version: 1,
    revision: 1,
    channel: "shopee",
    shop: { id: "1001", name: "Aster Home MY", region: "MY" },
    order_ref: `251123ABCDEF${made}`,
    state: "pending",
    tab: "to_decide",
    order: { status: "cancel_requested", shippable: false, hold: "cancel_requested", recall: false },
    ordered_at: "2026-11-20T01:00:00Z",
    requested_at: "2026-11-23T01:00:00Z",
    requested_at_source: "marketplace",
    respond_by: "2026-11-25T01:00:00Z",
    respond_by_source: "marketplace",
    answerable: true,
    not_answerable_because: null,
    reason: { code: null, text: "Changed my mind" },
    order_total: { amount: "45.90", currency: "MYR" },
    refund_total: null,
    cod: false,
    first_line: { name: "Cotton T-shirt", variant: "Blue, M", sku: "TS-BLU-M", image_url: null, quantity: 2 },
    line_count: 1,
    unit_count: 2,
    parcel: { state: "arranged", tracking_no: null, carrier: null },
    decided_by: null,
    decided_at: null,
    sync: { state: "none", attempt: 0, next_attempt_at: null, message: null, cause: null },
    stock: { state: "none" },
    alerts: [],
    seller_center_url: null,
    updated_at: "2026-11-23T01:00:00Z",
    ...changes,
  };
}
