import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Which part of the house may import which. Arrows run one way; a cycle or an arrow that is not here fails the build.
 * A part is the longest of these names that a file's path begins with.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "lib/signing": [],
  "lib/errors.ts": [],
  "lib/http.ts": [],
  "lib/keys": ["lib/schemas"],
  "lib/schemas": ["lib/keys", "lib/errors.ts"],
  "lib/schemas/access.ts": ["lib/schemas", "lib/access/roles.ts"],
  "lib/access/roles.ts": [],
  "lib/audit": ["lib/schemas", "lib/store/port.ts"],
  "lib/audit/entry.ts": [],
  "lib/audit/chain.ts": ["lib/audit/entry.ts"],
  "lib/store/port.ts": ["lib/schemas", "lib/keys", "lib/audit/entry.ts"],
  "lib/store": ["lib/schemas", "lib/keys", "lib/audit/entry.ts", "lib/audit/chain.ts", "lib/store/port.ts"],
  "lib/sealing": ["lib/keys", "lib/store/port.ts"],
  "lib/access": [
    "lib/schemas",
    "lib/keys",
    "lib/signing",
    "lib/sealing",
    "lib/store/port.ts",
    "lib/access/roles.ts",
  ],
  "lib/providers": [
    "lib/schemas",
    "lib/keys",
    "lib/errors.ts",
    "lib/audit",
    "lib/audit/entry.ts",
    "lib/sealing",
    "lib/store/port.ts",
  ],
  "lib/house.ts": [
    "lib/access",
    "lib/audit",
    "lib/keys",
    "lib/schemas",
    "lib/sealing",
    "lib/store/port.ts",
    "lib/providers",
  ],
  "lib/action.ts": ["lib/access/roles.ts", "lib/errors.ts", "lib/keys", "lib/schemas", "lib/providers"],
  "lib/operation.ts": [
    "lib/access",
    "lib/access/roles.ts",
    "lib/action.ts",
    "lib/house.ts",
    "lib/providers",
    "lib/schemas",
  ],
  "lib/surfaces": [
    "lib/access",
    "lib/action.ts",
    "lib/operation.ts",
    "lib/errors.ts",
    "lib/house.ts",
    "lib/http.ts",
    "lib/providers",
    "lib/schemas",
    "lib/signing",
  ],
  "lib/runtime": ["lib"],
  lib: [],
  functions: ["lib"],
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const parts = Object.keys(mayImport).sort((a, b) => b.length - a.length);

const within = (file: string, part: string): boolean => file === part || file.startsWith(`${part}/`);
const partOf = (file: string): string => parts.find((part) => within(file, part)) ?? file;

const sources = ["lib", "functions"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name).split(sep).join("/")),
);

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) =>
    relative(root, normalize(join(root, dirname(file), match[1] ?? "")))
      .split(sep)
      .join("/"),
  );

const graph = new Map(sources.map((file) => [file, importsOf(file)]));
const faults: string[] = [];

for (const [file, imports] of graph) {
  const own = partOf(file);
  for (const target of imports) {
    const allowed = within(target, own) || (mayImport[own] ?? []).some((part) => within(target, part));
    if (!allowed) faults.push(`${file} imports ${target}, which ${own} may not`);
  }
}

/** A table-reading file must not be read by what the table holds: an action's bundle would grow to hold them all. */
for (const [file, imports] of graph) {
  const table = imports.find((target) => target === "functions/actions.ts");
  if (table !== undefined && file !== "functions/http.ts")
    faults.push(`${file} imports the table of actions`);
}

const settled = new Set<string>();
const visit = (file: string, path: readonly string[]): void => {
  if (settled.has(file)) return;
  if (path.includes(file)) {
    faults.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
    return;
  }
  for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
  settled.add(file);
};
for (const file of graph.keys()) visit(file, []);

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${graph.size} files, ${faults.length} wrong arrows\n`);
if (faults.length > 0) process.exitCode = 1;
