/** Which decision is being asked about: opened from a row, the detail, the selection, or the keyboard. */
import { createStore } from "../store";

export type Verdict = "approve" | "reject";

export interface Asking {
  verdict: Verdict;
  ids: readonly string[];
}

export const asking = createStore<Asking | null>(null);

export function ask(verdict: Verdict, ids: readonly string[]): void {
  if (ids.length > 0) asking.set({ verdict, ids });
}

export const stopAsking = (): void => asking.set(null);
