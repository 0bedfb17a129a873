import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";

/**
 * Which part of the house may import which. Arrows run one way; an arrow that is not here, or a cycle, is a fault.
 * A file is of the part with the longest name that its path begins with, and may import what is of its own part.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "lib/errors.ts": [],
  "lib/http.ts": [],
  "lib/https.ts": [],
  "lib/signing": [],
  "lib/keys": ["lib/schemas"],
  "lib/schemas": ["lib/errors.ts", "lib/keys"],
  "lib/events/types.ts": [],
  "lib/schemas/webhooks.ts": ["lib/events/types.ts", "lib/schemas"],
  "lib/schemas/access.ts": ["lib/access/roles.ts", "lib/schemas"],
  "lib/aws": [],
  "lib/access/roles.ts": [],
  "lib/audit/entry.ts": [],
  "lib/audit/chain.ts": ["lib/audit/entry.ts"],
  "lib/audit/chain-name.ts": ["lib/schemas"],
  "lib/audit": ["lib/schemas", "lib/store/port"],
  "lib/store/port": [
    "lib/audit/chain-name.ts",
    "lib/audit/entry.ts",
    "lib/events/types.ts",
    "lib/keys",
    "lib/schemas",
  ],
  "lib/store/backwards.ts": ["lib/schemas", "lib/store/port"],
  "lib/store": [
    "lib/aws",
    "lib/errors.ts",
    "lib/audit/chain.ts",
    "lib/audit/chain-name.ts",
    "lib/audit/entry.ts",
    "lib/keys",
    "lib/schemas",
  ],
  "lib/sealing": ["lib/aws", "lib/errors.ts", "lib/keys", "lib/store/port"],
  "lib/access": ["lib/keys", "lib/schemas", "lib/sealing", "lib/signing", "lib/store/port"],
  "lib/findings": ["lib/keys", "lib/schemas", "lib/store/port"],
  "lib/leaks": [
    "lib/access/root.ts",
    "lib/errors.ts",
    "lib/findings",
    "lib/keys",
    "lib/policies",
    "lib/providers",
    "lib/schemas",
    "lib/sealing",
    "lib/signing",
    "lib/store/backwards.ts",
    "lib/store/port",
  ],
  "lib/policies": ["lib/schemas", "lib/store/port"],
  "lib/usage": ["lib/errors.ts", "lib/keys", "lib/schemas", "lib/store/port"],
  "lib/receipts/receipt.ts": ["lib/keys", "lib/schemas", "lib/sealing", "lib/store/port"],
  "lib/receipts": [
    "lib/jobs/caller.ts",
    "lib/jobs/job.ts",
    "lib/providers",
    "lib/schemas",
    "lib/sealing",
    "lib/store/backwards.ts",
    "lib/store/port",
  ],
  "lib/providers": [
    "lib/audit",
    "lib/errors.ts",
    "lib/findings",
    "lib/https.ts",
    "lib/keys",
    "lib/receipts/receipt.ts",
    "lib/schemas",
    "lib/sealing",
    "lib/signing",
    "lib/store/port",
    "lib/usage",
  ],
  "lib/verification": [
    "lib/access",
    "lib/errors.ts",
    "lib/jobs",
    "lib/keys",
    "lib/providers/caller.ts",
    "lib/providers/profile.ts",
    "lib/schemas",
    "lib/sealing",
    "lib/signing",
    "lib/store/port",
    "lib/usage",
  ],
  "lib/jobs": ["lib/providers/caller.ts", "lib/schemas", "lib/store/port"],
  "lib/events": [
    "lib/https.ts",
    "lib/jobs",
    "lib/keys",
    "lib/providers/caller.ts",
    "lib/providers/decide.ts",
    "lib/schemas",
    "lib/sealing",
    "lib/signing",
    "lib/store/port",
  ],
  "lib/hygiene": [
    "lib/errors.ts",
    "lib/findings",
    "lib/jobs",
    "lib/policies",
    "lib/providers",
    "lib/schedules",
    "lib/schemas",
    "lib/store/port",
    "lib/usage",
  ],
  "lib/hygiene/exceptions.ts": ["lib/schemas", "lib/store/port"],
  "lib/schedules": [
    "lib/errors.ts",
    "lib/hygiene/exceptions.ts",
    "lib/jobs",
    "lib/policies",
    "lib/providers",
    "lib/schemas",
    "lib/store/port",
  ],
  "lib/action.ts": [
    "lib/access/roles.ts",
    "lib/errors.ts",
    "lib/keys",
    "lib/providers",
    "lib/schemas",
    "lib/usage",
  ],
  "lib/house.ts": [
    "lib/access",
    "lib/audit",
    "lib/events",
    "lib/jobs",
    "lib/keys",
    "lib/leaks",
    "lib/providers",
    "lib/schemas",
    "lib/sealing",
    "lib/store/port",
    "lib/usage",
    "lib/verification",
  ],
  "lib/operation.ts": [
    "lib/access",
    "lib/action.ts",
    "lib/errors.ts",
    "lib/house.ts",
    "lib/providers",
    "lib/schemas",
    "lib/store/port",
    "lib/verification",
  ],
  "lib/surfaces": [
    "lib/access",
    "lib/action.ts",
    "lib/errors.ts",
    "lib/house.ts",
    "lib/http.ts",
    "lib/keys",
    "lib/leaks",
    "lib/operation.ts",
    "lib/providers",
    "lib/schemas",
    "lib/signing",
    "lib/store/port",
    "lib/verification",
  ],
  "lib/runtime": ["lib"],
  functions: ["lib"],
};

/** The pure parts, and all that they may import from outside: nothing that reads or writes anything. */
const mayUse: Readonly<Record<string, readonly string[]>> = {
  "lib/errors.ts": [],
  "lib/http.ts": [],
  "lib/signing": ["node:crypto"],
  "lib/keys": ["node:crypto", "node:net", "node:zlib", "zod"],
  "lib/schemas": ["zod"],
};

/** Read by the door alone: in an action's own bundle they would bring every other action along. */
const tables: readonly string[] = ["functions/actions.ts", "functions/operations.ts"];
const door = "functions/door.ts";

const within = (file: string, part: string): boolean => file === part || file.startsWith(`${part}/`);

/** One folder for each service, and one for each place that keeps keys, which knows none of them. */
const providerFolder = /^lib\/providers\/([^/]+)\//;
const keepers: readonly string[] = ["embedded", "upstream"];
const registries: readonly string[] = ["lib/providers/profiles.ts", "lib/providers/services.ts"];

/** A service is reached by its own files, its own actions and the registries: what two of them need stands beside them. */
const reachesIn = (file: string, target: string): boolean => {
  const service = providerFolder.exec(target)?.[1];
  if (service === undefined || registries.includes(file)) return false;
  if (keepers.includes(service)) return !keepers.includes(providerFolder.exec(file)?.[1] ?? service);
  return !within(file, `lib/providers/${service}`) && !within(file, `functions/${service}`);
};

const longestFirst = Object.keys(mayImport).sort((one, other) => other.length - one.length);
const partOf = (file: string): string | undefined => longestFirst.find((part) => within(file, part));

/** `import … from`, `import type … from`, `export … from`, `import "…"`, `import("…")` as a value or a type. */
const literalImport = /\b(?:from|import)\s*\(?\s*(["'])(.+?)\1/g;
const computedImport = /\bimport\s*\(\s*[^"'\s]/;

const importsOf = (file: string, text: string): readonly string[] =>
  [...text.matchAll(literalImport)].map(([, , specifier = ""]) =>
    specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : specifier,
  );

const isOurs = (target: string): boolean => within(target, "lib") || within(target, "functions");

const arrowFaults = (file: string, target: string): readonly string[] => {
  const own = partOf(file);
  if (own === undefined) return [];
  if (!isOurs(target)) {
    const allowed = mayUse[own]?.includes(target) ?? true;
    return allowed ? [] : [`${file} imports ${target}, which ${own} may not`];
  }
  const faults: string[] = [];
  if (![own, ...(mayImport[own] ?? [])].some((part) => within(target, part))) {
    faults.push(`${file} imports ${target}, which ${own} may not`);
  }
  if (reachesIn(file, target)) faults.push(`${file} imports ${target}, which its service may not`);
  if (tables.includes(target) && file !== door)
    faults.push(`${file} imports ${target}, which is for ${door}`);
  return faults;
};

const cycles = (graph: ReadonlyMap<string, readonly string[]>): readonly string[] => {
  const found: string[] = [];
  const settled = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (settled.has(file)) return;
    if (path.includes(file)) {
      found.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    settled.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
};

/** What is wrong in these files, by path from the repository's root, `/` between folders. */
export const directionFaults = (files: ReadonlyMap<string, string>): readonly string[] => {
  const graph = new Map([...files].map(([file, text]) => [file, importsOf(file, text)]));
  return [
    ...[...files.keys()]
      .filter((file) => partOf(file) === undefined)
      .map((file) => `${file} is of no part that the rules know`),
    ...[...files]
      .filter(([, text]) => computedImport.test(text))
      .map(([file]) => `${file} imports what only the run will tell`),
    ...[...graph].flatMap(([file, targets]) => targets.flatMap((target) => arrowFaults(file, target))),
    ...cycles(graph),
  ];
};

export const readSources = (root: string): ReadonlyMap<string, string> =>
  new Map(
    ["lib", "functions"]
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) =>
          join(folder, name),
        ),
      )
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [name.split(sep).join("/"), readFileSync(join(root, name), "utf8")]),
  );

if (import.meta.main) {
  const sources = readSources(join(import.meta.dirname, ".."));
  const faults = directionFaults(sources);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`${sources.size} files, ${faults.length} wrong arrows\n`);
  if (faults.length > 0) process.exitCode = 1;
}
