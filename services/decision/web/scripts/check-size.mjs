// Fails when what the browser must fetch before the first view is over the promised size.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 250;
const manifest = JSON.parse(readFileSync("dist/manifest.json", "utf8"));

function withImports(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const each of manifest[name].imports ?? []) withImports(each, seen);
  return seen;
}

const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const kb = (file) => gzipSync(readFileSync(`dist/${file}`)).length / 1000;
const first = [...withImports(entry)].map((name) => manifest[name].file);
const total = first.reduce((sum, file) => sum + kb(file), 0);
console.log(`first load: ${total.toFixed(1)} kB of JavaScript, gzipped (limit ${LIMIT_KB})`);
if (total > LIMIT_KB) {
  console.error("error: too much is loaded first: split what the first view does not need");
  process.exit(1);
}
