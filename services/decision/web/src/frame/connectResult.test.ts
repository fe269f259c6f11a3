// @vitest-environment jsdom
import { beforeEach, expect, it } from "vitest";
import { takeConnectResult } from "./connectResult";

beforeEach(() => window.history.replaceState(null, "", "/"));

it("takes every shop that was connected out of the address, once", () => {
  window.history.replaceState(null, "", "/?connected=shopee:1&connected=tiktok:74");
  expect(takeConnectResult()).toEqual({ connected: ["shopee:1", "tiktok:74"], error: null });
  expect(window.location.search).toBe("?view=shops");
  expect(takeConnectResult()).toBeNull();
});

it("takes the reason why nothing was connected", () => {
  window.history.replaceState(null, "", "/?connect_error=link-used");
  expect(takeConnectResult()).toEqual({ connected: [], error: "link-used" });
});

it("leaves other addresses alone", () => {
  window.history.replaceState(null, "", "/?tab=ended");
  expect(takeConnectResult()).toBeNull();
  expect(window.location.search).toBe("?tab=ended");
});
