import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { deployed } from "../../deploy/functions.ts";
import { roleName } from "../../deploy/roles.ts";
import { temporaryFolder } from "../support/keyway.ts";
import { statementsOf } from "./expected.ts";
import { copyInto, packageInto, statementsIn, type Template, templateIn, zipsIn } from "./packaging.ts";

/** What is packaged with a configuration: the file in every function, its secrets within reach of those alone that need them. */

const file = "deploy/keyway.json";
const real = { endpoint: "https://real.example.test", region: "ap-guangzhou" };
const config = JSON.stringify({
  providers: {
    gate: {
      service: "apigateway",
      ...real,
      credential: { secretIdEnv: "GATE_ID", secretKeyEnv: "GATE_KEY" },
    },
    // Not behind the service's own calls: its functions have no use for its credential.
    one: { service: "aione", native: true },
    "one-real": { service: "aione", endpoint: real.endpoint, credential: { tokenEnv: "ONE" } },
    hub: { service: "tokenhub" },
  },
  leaks: { gitlab: { tokenEnv: "LAB" } },
});
const readers = ({ name, group }: (typeof deployed)[number]): boolean =>
  ["http", "webhooks", "sweep"].includes(name) || group === "apigateway";

const folder = temporaryFolder();
const packages = join(folder, "packages");
let copy: string;
let template: Template;
beforeAll(async () => {
  copy = copyInto(join(folder, "copy"), config);
  mkdirSync(packages);
  await packageInto(packages, "dev", copy);
  template = templateIn(packages);
}, 280_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ofFunction = (name: string): Readonly<Record<string, unknown>> => {
  const found = Object.values(template.Resources).find(
    ({ Type, Properties }) =>
      Type === "AWS::Lambda::Function" && Properties.FunctionName === `keyway-dev-${name}`,
  );
  return z
    .object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) })
    .parse(found?.Properties).Environment.Variables;
};

it("every package holds its bundle and the file as it was written", () => {
  expect(zipsIn(packages)).toHaveLength(deployed.length);
  for (const zip of zipsIn(packages)) {
    const unzip = (...args: readonly string[]): string =>
      execFileSync("unzip", [...args, join(packages, zip), ...(args.includes("-p") ? [file] : [])], {
        encoding: "utf8",
      });
    const [one, other, ...more] = unzip("-Z1").trim().split("\n").toSorted();
    expect([one, other, more]).toEqual([file, expect.stringMatching(/^functions\/.+\.mjs$/), []]);
    expect(unzip("-p")).toBe(config);
  }
});

describe.each(deployed.map((one) => [one.name, one] as const))("%s", (name, one) => {
  it("is told where the file is, and of the parameter if it needs what that holds", () => {
    const { KEYWAY_CONFIG, KEYWAY_SECRETS } = ofFunction(name);
    expect([KEYWAY_CONFIG, KEYWAY_SECRETS]).toEqual([file, readers(one) ? "/keyway-dev/secrets" : undefined]);
  });

  it("may read that parameter then, and nobody else may", () => {
    const { Policies } = template.Resources[roleName(name)]?.Properties ?? {};
    const statements = statementsIn(Policies);
    expect(statements.map((each) => ({ ...each, Action: [each.Action].flat().toSorted() }))).toEqual(
      statementsOf(name, one.kind, readers(one)),
    );
  });
});

it.each<[string, string, number, RegExp]>([
  ["no JSON", "{", 0o644, /keyway\.json is not valid JSON: look at line 1/],
  [
    "an unknown service",
    '{"providers":{"a":{"service":"x"}}}',
    0o644,
    /providers\.a\.service: is none of tokenhub/,
  ],
  ["a sender of no proof", '{"leaks":{"gitlab":{}}}', 0o644, /leaks\.gitlab: must have/],
  ["what functions cannot read", "{}", 0o600, /must be readable by others: chmod 644/],
])("%s fails the packaging, in words", async (_, text, mode, words) => {
  const before = readdirSync(packages);
  rmSync(join(copy, file));
  writeFileSync(join(copy, file), text, { mode });
  const outcome = await packageInto(packages, "dev", copy).then(
    () => "packaged",
    ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) => `${stdout}${stderr}`,
  );
  expect(outcome).toMatch(words);
  expect(readdirSync(packages)).toEqual(before);
});
