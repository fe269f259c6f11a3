/** Money, times and durations as sellers of a market read them. */
import type { Money } from "../api/client";

/** The page's languages, and under which name Intl knows them. */
export const LANGUAGES = { en: "en-MY", ms: "ms-MY", "zh-CN": "zh-CN", fil: "fil-PH" } as const;
export type Language = keyof typeof LANGUAGES;

const ZONES: Record<string, string> = { MY: "Asia/Kuala_Lumpur", PH: "Asia/Manila", SG: "Asia/Singapore" };
// Intl writes a bare "$" for Singapore's dollar in some languages and "MYR" for the ringgit in others; sellers write these.
const SYMBOLS: Record<string, string> = { MYR: "RM", PHP: "₱", SGD: "S$" };
/** Parts of an amount that are put where all four languages have them: sign, symbol, digits. */
const APART: readonly string[] = ["minusSign", "currency", "literal"];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const known = cache.get(key);
  if (known) return known as T;
  const made = make();
  cache.set(key, made);
  return made;
}

export const zoneOf = (region: string): string => ZONES[region] ?? "Asia/Singapore";

export function formatMoney(money: Money, language: Language): string {
  const { currency } = money;
  const format = kept(`money ${language} ${currency}`, () => new Intl.NumberFormat(LANGUAGES[language], { style: "currency", currency }));
  const symbol = SYMBOLS[currency] ?? currency;
  // The decimal text goes in as it is: a float would round large amounts.
  const parts = format.formatToParts(money.amount as Intl.StringNumericLiteral);
  const [sign, digits] = [parts.filter((part) => part.type === "minusSign"), parts.filter((part) => !APART.includes(part.type))].map((some) =>
    some.map((part) => part.value).join(""),
  );
  const gap = /[A-Z]$/.test(symbol) ? "\u00a0" : "";
  return `${sign ?? ""}${symbol}${gap}${digits ?? ""}`;
}

export const formatNumber = (value: number, language: Language): string =>
  kept(`number ${language}`, () => new Intl.NumberFormat(LANGUAGES[language])).format(value);

/** Date and time apart, in the zone of the shop's market. */
export function formatMoment(iso: string, region: string, language: Language): { day: string; time: string } {
  const at = new Date(iso);
  const timeZone = zoneOf(region);
  const day = kept(`day ${language} ${timeZone}`, () => new Intl.DateTimeFormat(LANGUAGES[language], { day: "numeric", month: "short", timeZone }));
  const time = kept(
    `time ${language} ${timeZone}`,
    () => new Intl.DateTimeFormat(LANGUAGES[language], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }),
  );
  return { day: day.format(at), time: time.format(at) };
}

/** Everything about a moment, for those who want it exactly. */
export function formatExactly(iso: string, region: string, language: Language): string {
  const timeZone = zoneOf(region);
  const format = kept(
    `exact ${language} ${timeZone}`,
    () =>
      new Intl.DateTimeFormat(LANGUAGES[language], {
        weekday: "short",
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        hourCycle: "h23",
        timeZone,
        timeZoneName: "short",
      }),
  );
  return format.format(new Date(iso));
}

export type Duration = { unit: "days"; d: number; h: number } | { unit: "hours"; h: number; m: number } | { unit: "hours_only"; h: number } | { unit: "minutes"; m: number };

/** A duration in the one or two units that matter; never more precise than a minute. */
export function durationOf(milliseconds: number): Duration {
  const left = Math.abs(milliseconds);
  if (left >= 2 * DAY) return { unit: "days", d: Math.floor(left / DAY), h: Math.floor((left % DAY) / HOUR) };
  if (left >= 10 * HOUR) return { unit: "hours_only", h: Math.floor(left / HOUR) };
  if (left >= HOUR) return { unit: "hours", h: Math.floor(left / HOUR), m: Math.floor((left % HOUR) / MINUTE) };
  return { unit: "minutes", m: Math.floor(left / MINUTE) };
}

export const wholeDaysUntil = (iso: string, now: number): number => Math.max(0, Math.floor((Date.parse(iso) - now) / DAY));
