import { describe, expect, it } from "vitest";
// @ts-expect-error -- a script without types; it is what `npm run check` runs
import { complaints, readCatalogues } from "../../scripts/check-catalogues.mjs";
import { durationOf, formatExactly, formatMoment, formatMoney, wholeDaysUntil } from "./format";
import { preferredLanguage, textOf } from "./texts";

const check = complaints as (catalogues: Record<string, Record<string, string>>, code: string[]) => string[];
const MINUTE = 60_000;

describe("the catalogues", () => {
  it("are complete in all four languages", () => {
    const catalogues = (readCatalogues as () => Record<string, Record<string, string>>)();
    expect(Object.keys(catalogues).sort()).toEqual(["en", "fil", "ms", "zh-CN"]);
    const everything = Object.keys(catalogues["en"] ?? {}).map((key) => `"${key.replace(/_(one|other)$/, "")}" "${key}"`);
    expect(check(catalogues, everything)).toEqual([]);
  });

  it("are complained of when a text is missing, unused, or says other things", () => {
    const found = check({ en: { "a.b": "Hi {who}", "a.c": "Unused" }, ms: { "a.b": "Hai" }, fil: { "a.b": "Hoy {who}", "a.c": " ", "x.y": "?" } }, ['t("a.b")']);
    expect(found).toEqual([
      "ms: a.b has other placeholders than in English",
      "ms: a.c is missing",
      "fil: a.c is empty",
      "fil: x.y is not in English",
      "a.c is used by nothing",
    ]);
  });
});

describe("a text", () => {
  it("takes the plural form of its language and writes numbers as there", () => {
    const english = { "n.parcels_one": "{n} parcel", "n.parcels_other": "{n} parcels" };
    expect(textOf(english, "en", "n.parcels", { n: 1 })).toBe("1 parcel");
    expect(textOf(english, "en", "n.parcels", { n: 1200 })).toBe("1,200 parcels");
    expect(textOf({ "n.parcels_other": "{n} 个包裹" }, "zh-CN", "n.parcels", { n: 1 })).toBe("1 个包裹");
  });

  it("leaves words of others as they are", () => {
    expect(textOf({ "a.b": "{who} says" }, "en", "a.b", { who: "{n} & <b>" })).toBe("{n} & <b> says");
  });
});

it("chooses the language chosen before, else the browser's", () => {
  expect(preferredLanguage("ms", ["zh-TW"])).toBe("ms");
  expect(preferredLanguage("xx", ["tl-PH", "en"])).toBe("fil");
  expect(preferredLanguage(null, ["zh-SG"])).toBe("zh-CN");
  expect(preferredLanguage(null, ["de"])).toBe("en");
});

describe("money", () => {
  it("has the sign that sellers write, in every language", () => {
    expect(formatMoney({ amount: "1045.9", currency: "MYR" }, "en")).toBe("RM\u00a01,045.90");
    expect(formatMoney({ amount: "89", currency: "PHP" }, "zh-CN")).toBe("₱89.00");
    expect(formatMoney({ amount: "12.5", currency: "SGD" }, "ms").replace(/\s/g, "")).toBe("S$12.50");
  });

  it("is never rounded on its way", () => {
    expect(formatMoney({ amount: "9007199254740993.01", currency: "MYR" }, "en")).toContain("9,007,199,254,740,993.01");
  });
});

it("times are the shop's own", () => {
  expect(formatMoment("2026-11-23T17:30:00Z", "PH", "en")).toEqual({ day: "24 Nov", time: "01:30" });
  expect(formatExactly("2026-11-23T17:30:05Z", "SG", "en")).toMatch(/24 Nov.*2026.*01:30:05/);
});

it("durations say the two units that matter", () => {
  expect(durationOf(3 * MINUTE + 59_000)).toEqual({ unit: "minutes", m: 3 });
  expect(durationOf(125 * MINUTE)).toEqual({ unit: "hours", h: 2, m: 5 });
  expect(durationOf(1_439 * MINUTE)).toEqual({ unit: "hours_only", h: 23 });
  expect(durationOf(-49 * 60 * MINUTE)).toEqual({ unit: "days", d: 2, h: 1 });
  expect(wholeDaysUntil("2026-11-25T01:00:00Z", Date.parse("2026-11-23T02:00:00Z"))).toBe(1);
});
