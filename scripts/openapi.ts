import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { operations } from "../functions/operations.ts";
import { openapi } from "./openapi/document.ts";

/** `npm run openapi` writes the API's description; with `-- --check` it only says whether the written one is current. */
const file = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));
const text = `${JSON.stringify(openapi(operations), null, 2)}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("docs/openapi.json is not current: run `npm run openapi`.\n");
  process.exit(1);
}
