/** What came of connecting a shop: the marketplace sends the browser back with it in the address. */
import { addressNow, goTo } from "./address";

export interface ConnectResult {
  /** `channel:shop_id` of each. */
  connected: readonly string[];
  error: string | null;
}

/** Takes it out of the address, so that it is told once; null when there is none. */
export function takeConnectResult(): ConnectResult | null {
  const parameters = addressNow();
  const result = resultIn(parameters);
  if (!result) return null;
  goTo(new URLSearchParams({ view: "shops" }), { replace: true });
  return result;
}

export function resultIn(parameters: URLSearchParams): ConnectResult | null {
  const connected = parameters.getAll("connected");
  const error = parameters.get("connect_error");
  return connected.length > 0 || error !== null ? { connected, error } : null;
}
