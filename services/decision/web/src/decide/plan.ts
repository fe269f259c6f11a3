/** Which of many can be decided together, and which are set aside and why. */
import type { Row } from "../api/client";
import { canDecide, canReject, isHandedOver } from "../queue/status";
import type { Verdict } from "./asking";

export type AsideBecause = "ended" | "not_yours" | "shop_disconnected" | "handed_over";

export interface Plan {
  together: readonly Row[];
  aside: readonly { row: Row; because: AsideBecause }[];
}

export function planOf(rows: readonly Row[], verdict: Verdict): Plan {
  const together: Row[] = [];
  const aside: { row: Row; because: AsideBecause }[] = [];
  for (const row of rows) {
    const because = asideBecause(row, verdict);
    if (because) aside.push({ row, because });
    else together.push(row);
  }
  return { together, aside };
}

function asideBecause(row: Row, verdict: Verdict): AsideBecause | undefined {
  if (row.state !== "pending") return "ended";
  if (!canDecide(row)) return "not_yours";
  if (verdict === "reject" && !canReject(row)) return "shop_disconnected";
  // The money goes back while the parcel travels: that is confirmed one by one.
  if (verdict === "approve" && isHandedOver(row)) return "handed_over";
  return undefined;
}
