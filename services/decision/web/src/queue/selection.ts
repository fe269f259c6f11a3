/** Which rows are ticked, and which one the keyboard is on. */
import { useSyncExternalStore } from "react";
import { createStore, useStore } from "../store";

export const MOST_AT_ONCE = 500;

export const selection = createStore<ReadonlySet<string>>(new Set());
export const current = createStore<string | null>(null);

export const useIsSelected = (id: string): boolean => useSyncExternalStore(selection.subscribe, () => selection.get().has(id));
export const useIsCurrent = (id: string): boolean => useSyncExternalStore(current.subscribe, () => current.get() === id);
export const useSelection = (): ReadonlySet<string> => useStore(selection);

export function toggle(id: string): void {
  selection.set((now) => {
    const next = new Set(now);
    if (!next.delete(id) && next.size < MOST_AT_ONCE) next.add(id);
    return next;
  });
}

/** Tick all from the one ticked last to this one. */
export function toggleTo(ids: readonly string[], from: string | null, to: string): void {
  const [a, b] = [ids.indexOf(from ?? to), ids.indexOf(to)];
  if (a < 0 || b < 0) {
    toggle(to);
    return;
  }
  const between = ids.slice(Math.min(a, b), Math.max(a, b) + 1);
  selection.set((now) => new Set([...now, ...between].slice(0, MOST_AT_ONCE)));
}

export const selectAll = (ids: readonly string[]): void => selection.set(new Set(ids.slice(0, MOST_AT_ONCE)));
export const clearSelection = (): void => selection.set(new Set());
