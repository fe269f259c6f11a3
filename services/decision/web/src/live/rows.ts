/** Every request that this page knows, once: lists hold ids, and a row redraws only when its own request changes. */
import { useCallback, useSyncExternalStore } from "react";
import type { Row } from "../api/client";

type Assumption = Partial<Pick<Row, "state" | "tab" | "sync">>;

export class Rows {
  readonly #known = new Map<string, Row>();
  readonly #assumed = new Map<string, Assumption>();
  readonly #shown = new Map<string, Row>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #watchers = new Set<(ids: readonly string[]) => void>();

  /** The request as it is shown: what the service said last, with what we assume of a decision on its way. */
  get(id: string): Row | undefined {
    return this.#shown.get(id);
  }

  /** Take in what the service says. An older version than the known one is late news and changes nothing. */
  put(rows: readonly Row[]): void {
    const changed = rows.filter((row) => {
      const known = this.#known.get(row.id);
      if (known && known.version >= row.version) return false;
      this.#known.set(row.id, row);
      return true;
    });
    this.#tell(changed.map((row) => row.id));
  }

  /** Show a decision before the service has answered. */
  assume(ids: readonly string[], assumption: Assumption): void {
    for (const id of ids) this.#assumed.set(id, assumption);
    this.#tell(ids);
  }

  /** The service has answered, or has not: show what is known again. */
  settle(ids: readonly string[]): void {
    for (const id of ids) this.#assumed.delete(id);
    this.#tell(ids);
  }

  isAssumed(id: string): boolean {
    return this.#assumed.has(id);
  }

  subscribe(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Calls back with the ids of all that changed. */
  watch(watcher: (ids: readonly string[]) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  clear(): void {
    this.#known.clear();
    this.#assumed.clear();
    this.#shown.clear();
  }

  #tell(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) {
      const known = this.#known.get(id);
      const assumed = this.#assumed.get(id);
      if (known) this.#shown.set(id, assumed ? { ...known, ...assumed } : known);
      for (const listener of this.#listeners.get(id) ?? []) listener();
    }
    for (const watcher of this.#watchers) watcher(ids);
  }
}

export const rows = new Rows();

export function useRow(id: string): Row | undefined {
  const subscribe = useCallback((listener: () => void) => rows.subscribe(id, listener), [id]);
  return useSyncExternalStore(subscribe, () => rows.get(id));
}
