/** The reasons that marketplaces offer for a rejection: of one request, and what many requests have in common. */
import { answered, api, type OfferedReason, type OfferedReasons } from "../api/client";
import type { Language } from "../i18n/format";

// As TikTok Shop names the languages of its markets.
const LOCALES: Record<Language, string> = { en: "en-US", ms: "ms-MY", "zh-CN": "zh-CN", fil: "fil-PH" };
const AT_ONCE = 6;

export function fetchReasons(id: string, language: Language, signal?: AbortSignal): Promise<OfferedReasons> {
  const params = { path: { request_id: id }, query: { locale: LOCALES[language] } };
  return answered(api.GET("/v1/cancel-requests/{request_id}/reject-reasons", { params, ...(signal && { signal }) }));
}

/** What is offered for each of many; null where it could not be learnt. `onProgress`: how many are known. */
export async function fetchAllReasons(
  ids: readonly string[],
  language: Language,
  signal: AbortSignal,
  onProgress: (known: number) => void,
): Promise<Map<string, OfferedReasons | null>> {
  const found = new Map<string, OfferedReasons | null>();
  const left = [...ids];
  const work = async () => {
    for (let id = left.shift(); id !== undefined && !signal.aborted; id = left.shift()) {
      found.set(id, await fetchReasons(id, language, signal).catch(() => null));
      onProgress(found.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

export interface CommonReasons {
  /** What the most requests offer alike; all of them, when they have anything in common. */
  reasons: readonly OfferedReason[];
  /** Requests that need a reason and offer none of these, or whose reasons could not be learnt: they are left to be decided one by one. */
  left: readonly string[];
  /** Requests to which one of the reasons must be given. */
  need: readonly string[];
}

export function commonReasons(offers: ReadonlyMap<string, OfferedReasons | null>): CommonReasons {
  const unknown = [...offers].filter(([, offer]) => offer === null).map(([id]) => id);
  const need = [...offers].flatMap(([id, offer]) => (offer && (offer.required || offer.items.length > 0) ? [{ id, items: offer.items }] : []));
  const byName = new Map<string, { reason: OfferedReason; ids: Set<string> }>();
  for (const { id, items } of need) {
    for (const reason of items) {
      const known = byName.get(reason.name) ?? { reason, ids: new Set<string>() };
      known.ids.add(id);
      byName.set(reason.name, known);
    }
  }
  const most = Math.max(0, ...[...byName.values()].map(({ ids }) => ids.size));
  const [first] = [...byName.values()].filter(({ ids }) => ids.size === most);
  const taken = first?.ids ?? new Set<string>();
  // Only reasons that fit exactly these requests: then it does not matter which of them is chosen.
  const reasons = [...byName.values()].filter(({ ids }) => ids.size === most && [...ids].every((id) => taken.has(id)));
  return {
    reasons: reasons.map(({ reason }) => reason),
    need: [...taken],
    left: [...unknown, ...need.filter(({ id }) => !taken.has(id)).map(({ id }) => id)],
  };
}
