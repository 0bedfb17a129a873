import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportLeakDescription } from "../functions/leaks/report-leak.ts";
import { operations } from "../functions/operations.ts";
import { openapi } from "./openapi/document.ts";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** As `npm run lint` wants every file of the repository to look. */
const formatted = (json: string): string => {
  const biome = pathOf("../node_modules/@biomejs/biome/bin/biome");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [biome, "format", "--stdin-file-path=docs/openapi.json"],
    { input: json, encoding: "utf8", cwd: pathOf("..") },
  );
  if (status !== 0) throw new Error(`biome could not format the description: ${stderr}`);
  return stdout;
};

/** `npm run openapi` writes the API's description; with `-- --check` it only says whether the written one is current. */
const file = pathOf("../docs/openapi.json");
const text = formatted(JSON.stringify(openapi(operations, [reportLeakDescription]), null, 2));
if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("docs/openapi.json is not current: run `npm run openapi`.\n");
  process.exit(1);
}
