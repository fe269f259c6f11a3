/** Sends decisions: shown at once, taken back when the service says otherwise. */
import { Refused, api, written, type BulkResult, type Row, type Whole } from "../api/client";
import { channelName } from "../elements/ChannelMark";
import { complain, say } from "../elements/Toasts";
import { whyNot } from "../elements/problems";
import type { Texts } from "../i18n/texts";
import { countDecided } from "../live/live";
import { rows } from "../live/rows";
import type { Verdict } from "./asking";

export interface Wish {
  verdict: Verdict;
  revision: number;
  note?: string;
  lines?: { line_id: string; stock: "sellable" | "damaged" | "none" }[];
  reason?: string;
  comment?: string;
}

const QUEUED: Row["sync"] = { state: "queued", attempt: 0 };

/** What a request looks like while its decision is on its way. */
const assumed = (verdict: Verdict) =>
  verdict === "approve"
    ? { state: "approved" as const, tab: "cancelled" as const, sync: QUEUED }
    : { state: "rejected" as const, tab: "rejected" as const, sync: QUEUED };

/** Decide one; says what became of it, also when the dialogue is long closed. */
export async function decideOne(row: Pick<Row, "id" | "order_ref" | "channel">, wish: Wish, texts: Texts): Promise<void> {
  const { t } = texts;
  const params = { order: row.order_ref, channel: channelName(row.channel) };
  rows.assume([row.id], assumed(wish.verdict));
  try {
    const decided = await sendOne(row.id, wish);
    rows.put([decided]);
    rows.settle([row.id]);
    countDecided();
    say(t(wish.verdict === "approve" ? "decided.approved" : "decided.rejected", params), t(`decided.${wish.verdict}_more`, params));
  } catch (error) {
    if (error instanceof Refused && error.problem.request) rows.put([error.problem.request]);
    rows.settle([row.id]);
    countDecided();
    complain(t("decided.not", params), whyNot(error, texts));
  }
}

function sendOne(id: string, wish: Wish): Promise<Whole> {
  const params = { path: { request_id: id } };
  if (wish.verdict === "approve") {
    const body = { revision: wish.revision, note: wish.note ?? null, lines: wish.lines ?? [] };
    return written((headers) => api.POST("/v1/cancel-requests/{request_id}/approve", { params, body, headers }));
  }
  const body = { revision: wish.revision, reason: wish.reason ? { name: wish.reason } : null, comment: wish.comment ?? null };
  return written((headers) => api.POST("/v1/cancel-requests/{request_id}/reject", { params, body, headers }));
}

export interface BulkWish {
  verdict: Verdict;
  items: readonly { id: string; revision: number; reason?: string }[];
  comment?: string;
  note?: string;
}

const MOST_PER_CALL = 500;

/** Decide many; a result for each, in the order asked. What could not be sent at all is thrown. */
export async function decideMany(wish: BulkWish): Promise<BulkResult[]> {
  const ids = wish.items.map((item) => item.id);
  rows.assume(ids, assumed(wish.verdict));
  try {
    const results: BulkResult[] = [];
    for (let at = 0; at < wish.items.length; at += MOST_PER_CALL) {
      const part = wish.items.slice(at, at + MOST_PER_CALL);
      const answer = await written((headers) =>
        api.POST("/v1/cancel-requests/bulk-decisions", {
          headers,
          body: {
            decision: wish.verdict,
            items: part.map(({ id, revision, reason }) => ({ id, revision, reason: reason ? { name: reason } : null })),
            comment: wish.comment ?? null,
            note: wish.note ?? null,
          },
        }),
      );
      rows.put(answer.items.flatMap((item) => item.request ?? []));
      results.push(...answer.items);
    }
    return results;
  } finally {
    rows.settle(ids);
    countDecided();
  }
}

/** Tell the marketplace again, now. */
export async function retrySync(row: Pick<Row, "id" | "order_ref" | "channel">, texts: Texts): Promise<void> {
  const params = { order: row.order_ref, channel: channelName(row.channel) };
  try {
    rows.put([
      await written((headers) =>
        api.POST("/v1/cancel-requests/{request_id}/retry-sync", { params: { path: { request_id: row.id } }, headers }),
      ),
    ]);
    say(texts.t("retry.sent", params));
  } catch (error) {
    if (error instanceof Refused && error.problem.request) rows.put([error.problem.request]);
    complain(texts.t("retry.not", params), whyNot(error, texts));
  }
}
