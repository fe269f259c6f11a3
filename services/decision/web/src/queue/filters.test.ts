import { describe, expect, it } from "vitest";
import { a_row } from "./a_row";
import { addressOf, filtersOf, fits, orderRefsIn, queryOf, searchOf, unnarrowed, isNarrowed } from "./filters";

describe("the address", () => {
  it("says the same filters again after a round trip", () => {
    const address = "tab=cancelled&channel=tiktok&shop=1&shop=2&region=MY&alert=refused&parcel=arranged&from=2026-11-01&to=2026-11-30&q=mug&sort=-order_total";
    expect(addressOf(filtersOf(address)).toString()).toBe(address);
  });

  it("leaves out what is usual", () => {
    expect(addressOf(filtersOf("")).toString()).toBe("");
  });

  it("is not believed blindly", () => {
    const filters = filtersOf("tab=nonsense&sort=evil&alert=none&parcel=x&from=yesterday");
    expect(filters).toMatchObject({ tab: "to_decide", sort: undefined, alerts: [], parcels: [], from: undefined });
  });
});

describe("what the API is asked", () => {
  it("includes the last day wholly, in the markets' time", () => {
    expect(queryOf(filtersOf("from=2026-11-01&to=2026-11-30"))).toMatchObject({
      requested_from: "2026-11-01T00:00:00+08:00",
      requested_to: "2026-12-01T00:00:00+08:00",
    });
  });

  it("says nothing of filters that are not set", () => {
    expect(queryOf(filtersOf(""))).toEqual({ tab: "to_decide" });
  });
});

describe("a search", () => {
  it("of many order refs finds exactly these, each once", () => {
    expect(searchOf("251123ABCDEF01, 251123abcdef02\n251123ABCDEF01")).toEqual({ text: "", orderRefs: ["251123ABCDEF01", "251123ABCDEF02"] });
  });

  it("of one order ref is a search by its beginning", () => {
    expect(searchOf(" 251123AB ")).toEqual({ text: "251123AB", orderRefs: [] });
  });

  it("of words stays words", () => {
    expect(searchOf("blue cotton shirt")).toEqual({ text: "blue cotton shirt", orderRefs: [] });
  });

  it("asks for no more refs than the API takes", () => {
    expect(orderRefsIn(Array.from({ length: 150 }, (_, n) => `REF${n}`).join(" "))).toHaveLength(100);
  });
});

describe("a row that changed", () => {
  it("leaves the list when it was decided", () => {
    expect(fits(a_row({ state: "approved", tab: "cancelled" }), filtersOf(""))).toBe(false);
    expect(fits(a_row({ state: "approved", tab: "cancelled" }), filtersOf("tab=cancelled"))).toBe(true);
  });

  it("needs attention while it has an alert, in whichever state", () => {
    expect(fits(a_row({ alerts: ["stop_parcel"], tab: "cancelled" }), filtersOf("tab=attention&alert=stop_parcel"))).toBe(true);
    expect(fits(a_row({ alerts: [] }), filtersOf("tab=attention"))).toBe(false);
  });

  it("is judged by shop, day and words", () => {
    const row = a_row();
    expect(fits(row, filtersOf("shop=1001&from=2026-11-23&to=2026-11-23&q=cotton t"))).toBe(true);
    expect(fits(row, filtersOf("shop=9"))).toBe(false);
    expect(fits(row, filtersOf("to=2026-11-22"))).toBe(false);
    expect(fits(row, filtersOf("q=lamp"))).toBe(false);
  });
});

it("clearing keeps tab and channel", () => {
  const cleared = unnarrowed(filtersOf("tab=cancelled&channel=shopee&shop=1&q=x"));
  expect(isNarrowed(cleared)).toBe(false);
  expect(cleared).toMatchObject({ tab: "cancelled", channel: "shopee" });
});
