// Writes src/api/schema.ts from an OpenAPI document: `npm run types -- openapi.json`; with --check it only says whether it is stale.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const TARGET = "src/api/schema.ts";
const check = process.argv.includes("--check");
const source = process.argv.slice(2).find((argument) => !argument.startsWith("--"));
if (!source) {
  console.error("error: say which document: `npm run types -- openapi.json`");
  process.exit(2);
}
const document = JSON.parse(readFileSync(source, "utf8"));
const head = "// Generated from the decision service's OpenAPI document by `make web-types`; not edited by hand.\n\n";
const text = head + astToString(await openapiTS(document, { alphabetize: true }));
if (!check) {
  writeFileSync(TARGET, text);
} else if (readFileSync(TARGET, "utf8") !== text) {
  console.error(`error: services/decision/web/${TARGET} is stale: \`make web-types\` writes it anew`);
  process.exit(1);
}
