/** What is shown lives in the address bar, so that it can be shared, reloaded and gone back to. */
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

const read = () => window.location.search;

export function useAddress(): string {
  return useSyncExternalStore(subscribe, read);
}

export const addressNow = (): URLSearchParams => new URLSearchParams(read());

/** Go to another search part. `replace`: without a step to go back to. */
export function goTo(parameters: URLSearchParams, { replace = false } = {}): void {
  const search = parameters.toString();
  const url = search ? `?${search}` : window.location.pathname;
  if (replace) window.history.replaceState(null, "", url);
  else window.history.pushState(null, "", url);
  for (const listener of listeners) listener();
}

/** Change some parameters and keep the others; null takes one away. */
export function change(changes: Record<string, string | null>, options?: { replace?: boolean }): void {
  const parameters = addressNow();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
  }
  goTo(parameters, options);
}
