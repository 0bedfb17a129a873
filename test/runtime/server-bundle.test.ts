import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

/** What `npm start` builds: what a server on one machine brings into its memory before its first call. */

const root = join(import.meta.dirname, "../..");
const dist = join(root, "dist");

const staticImport = /(?:^|;)(?:import|export)[^"'();]*["']\.\/([\w.-]+\.mjs)["']/gm;

/** A file of the bundle and all that it imports, but what it imports on use. */
const withImports = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, next = ""] of readFileSync(join(dist, file), "utf8").matchAll(staticImport)) {
    withImports(next, seen);
  }
  return seen;
};

const sourcesOf = (file: string): readonly string[] =>
  JSON.parse(readFileSync(join(dist, `${file}.map`), "utf8")).sources;

it("a server on a file brings nothing of AWS along, and no handler of a function", () => {
  execFileSync(process.execPath, [join(root, "scripts/build.mjs")]);
  const sources = [...withImports("server.mjs")].flatMap(sourcesOf);
  expect(sources.some((source) => source.endsWith("functions/door.ts"))).toBe(true);
  expect(sources.some((source) => source.includes("node_modules/zod/"))).toBe(true);
  expect(sources.filter((source) => /@aws-sdk|@smithy|aws4fetch|middy|runtime\/lambda/.test(source))).toEqual(
    [],
  );
});
