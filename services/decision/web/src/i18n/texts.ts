/** The page's texts in the reader's language. English is always there; other languages are fetched when chosen. */
import { createStore, useStore } from "../store";
import english from "./catalogues/en.json";
import { LANGUAGES, durationOf, formatExactly, formatMoment, formatMoney, formatNumber, type Language } from "./format";
import type { Money } from "../api/client";

type Catalogue = Record<string, string>;
type WithoutForm<K> = K extends `${infer B}_one` ? B : K extends `${infer B}_other` ? B : K;
export type TextKey = WithoutForm<keyof typeof english>;
type Params = Record<string, string | number>;

const STORED_AS = "zetpy-language";
const CATALOGUES: Record<Exclude<Language, "en">, () => Promise<{ default: Catalogue }>> = {
  ms: () => import("./catalogues/ms.json"),
  "zh-CN": () => import("./catalogues/zh-CN.json"),
  fil: () => import("./catalogues/fil.json"),
};

export interface Texts {
  language: Language;
  t: (key: TextKey, params?: Params) => string;
  /** For values of open lists: `t.open(`alerts.${kind}`, kind)` gives the fallback for one that the page does not know. */
  open: (key: string, fallback: string, params?: Params) => string;
  money: (money: Money) => string;
  number: (value: number) => string;
  moment: (iso: string, region: string) => { day: string; time: string };
  exactly: (iso: string, region: string) => string;
  duration: (milliseconds: number) => string;
}

/** The text with its placeholders filled; `{n}` chooses the plural form and is written as a number of the language. */
export function textOf(catalogue: Catalogue, language: Language, key: string, params: Params = {}): string | undefined {
  const n = params["n"];
  const form = typeof n === "number" ? new Intl.PluralRules(LANGUAGES[language]).select(n) : undefined;
  const text = catalogue[key] ?? catalogue[`${key}_${form ?? "other"}`] ?? catalogue[`${key}_other`];
  return text?.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value, language) : value;
  });
}

function textsIn(language: Language, catalogue: Catalogue): Texts {
  const find = (key: string, params?: Params) => textOf(catalogue, language, key, params) ?? textOf(english, "en", key, params);
  const t: Texts["t"] = (key, params) => find(key, params) ?? key;
  return {
    language,
    t,
    open: (key, fallback, params) => find(key, params) ?? fallback,
    money: (money) => formatMoney(money, language),
    number: (value) => formatNumber(value, language),
    moment: (iso, region) => formatMoment(iso, region, language),
    exactly: (iso, region) => formatExactly(iso, region, language),
    duration: (milliseconds) => {
      const { unit, ...parts } = durationOf(milliseconds);
      return t(`time.${unit}`, parts);
    },
  };
}

export const texts = createStore<Texts>(textsIn("en", english));
export const useTexts = (): Texts => useStore(texts);

/** Show the page in a language from now on, and remember it. */
export async function speak(language: Language): Promise<void> {
  const catalogue = language === "en" ? english : (await CATALOGUES[language]()).default;
  texts.set(textsIn(language, catalogue));
  document.documentElement.lang = language;
  try {
    localStorage.setItem(STORED_AS, language);
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
  }
}

/** The language chosen before, else the first of the browser's that the page speaks. */
export function preferredLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (stored && stored in LANGUAGES) return stored as Language;
  for (const tag of wanted) {
    const short = tag.split("-")[0]?.toLowerCase();
    if (short === "zh") return "zh-CN";
    if (short === "ms" || short === "fil" || short === "en") return short;
    if (short === "tl") return "fil";
  }
  return "en";
}

export function storedLanguage(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}
