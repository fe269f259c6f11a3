/** The views of the page; the list is the one without a name. */
import { useMemo } from "react";
import { addressNow, goTo, useAddress } from "./address";

export const VIEWS = ["queue", "stop-list", "gate", "shops"] as const;
export type View = (typeof VIEWS)[number];

export function useView(): View {
  const search = useAddress();
  return useMemo(() => VIEWS.find((view) => view === new URLSearchParams(search).get("view")) ?? "queue", [search]);
}

export function addressOfView(view: View): URLSearchParams {
  return new URLSearchParams(view === "queue" ? {} : { view });
}

export const showView = (view: View): void => goTo(addressOfView(view));

/** The request whose detail is open. */
export function useOpenRequest(): string | null {
  const search = useAddress();
  return useMemo(() => new URLSearchParams(search).get("open"), [search]);
}

export function openRequest(id: string | null): void {
  const parameters = addressNow();
  const wasOpen = parameters.has("open");
  if (id) parameters.set("open", id);
  else parameters.delete("open");
  // Going from one open request to the next is no step to go back to.
  goTo(parameters, { replace: wasOpen && id !== null });
}
