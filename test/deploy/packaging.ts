import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";

const root = join(import.meta.dirname, "../..");

/** What is not in the repository, and a configuration that whoever runs this has of their own. */
const notCopied =
  /(?:^|\/)(?:node_modules|\.git|\.serverless|\.keyway|dist|coverage|\.vitest|deploy\/keyway\.json)$/;

/** A copy of the repository to package from, with this configuration for the functions, or with none. */
export const copyInto = (folder: string, config?: string): string => {
  cpSync(root, folder, { recursive: true, filter: (path) => !notCopied.test(relative(root, path)) });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  if (config !== undefined) writeFileSync(join(folder, "deploy/keyway.json"), config, { mode: 0o644 });
  return folder;
};

/** `npm run package` in this copy, on a machine that has no credentials and knows nobody's. */
export const packageInto = (folder: string, stage: string, copy: string): Promise<unknown> =>
  promisify(execFile)(
    process.execPath,
    ["scripts/serverless.mjs", "package", "--package", folder, "--stage", stage],
    { cwd: copy, env: { PATH: process.env.PATH, HOME: folder, TMPDIR: process.env.TMPDIR } },
  );

export const zipsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".zip"))
    .toSorted();

const statement = z.looseObject({
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]),
  /** A trust policy has none. */
  Resource: z.unknown().optional(),
});
export type Statement = z.infer<typeof statement>;

const template = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) }),
  ),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })),
});
export type Template = z.infer<typeof template>;

export const templateIn = (folder: string): Template =>
  template.parse(JSON.parse(readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8")));

/** All statements of policies that are somewhere in this value. */
export const statementsIn = (value: unknown): readonly Statement[] => {
  if (typeof value !== "object" || value === null) return [];
  const found = statement.safeParse(value);
  return found.success ? [found.data] : Object.values(value).flatMap(statementsIn);
};
