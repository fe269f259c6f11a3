// Fails when a text is missing in a language, is used by nothing, or has other placeholders than the English one.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "src/i18n/catalogues";
const SOURCE_LANGUAGE = "en";

export function readCatalogues(folder = FOLDER) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(names.map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(join(folder, name), "utf8"))]));
}

function sources(folder = "src") {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !name.includes(".test.") ? [readFileSync(path, "utf8")] : [];
  });
}

const placeholders = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort().join(",");
// A plural has a key per form; languages have different forms (Malay and Chinese one, English and Filipino two).
const base = (key) => key.replace(/_(one|other)$/, "");

export function complaints(catalogues, code) {
  const found = [];
  const english = catalogues[SOURCE_LANGUAGE];
  for (const [language, texts] of Object.entries(catalogues)) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of Object.keys(english)) {
      const form = /_(one|other)$/.exec(key)?.[1];
      if (form && !forms.includes(form)) continue;
      if (!(key in texts)) found.push(`${language}: ${key} is missing`);
      else if (!texts[key].trim()) found.push(`${language}: ${key} is empty`);
      else if (placeholders(texts[key]) !== placeholders(english[key])) found.push(`${language}: ${key} has other placeholders than in English`);
    }
    for (const key of Object.keys(texts)) if (!(key in english)) found.push(`${language}: ${key} is not in English`);
  }
  const all = code.join("\n");
  const literals = new Set([...all.matchAll(/["'`]([a-z][\w-]*(?:\.[\w-]+)*)["'`]/gi)].map((match) => match[1]));
  const prefixes = [...all.matchAll(/`([a-z][\w-]*(?:\.[\w-]+)*\.)\$\{/gi)].map((match) => match[1]);
  for (const key of Object.keys(english)) {
    const name = base(key);
    if (!literals.has(key) && !literals.has(name) && !prefixes.some((prefix) => name.startsWith(prefix))) found.push(`${key} is used by nothing`);
  }
  return found;
}

if (process.argv[1]?.endsWith("check-catalogues.mjs")) {
  const found = complaints(readCatalogues(), sources());
  for (const each of found) console.error(`error: ${each}`);
  if (found.length > 0) process.exit(1);
}
