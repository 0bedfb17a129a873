import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alarms } from "../../deploy/alarms.ts";
import { deployed } from "../../deploy/functions.ts";
import { secretsName, stage } from "../../deploy/names.ts";
import { kinds } from "../../deploy/roles.ts";
import { stages } from "../../deploy/stages.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { namedVariables, readConfigFile } from "../../lib/runtime/config-file.ts";
import { parts } from "../../lib/runtime/config-part.ts";
import { jsonFault } from "../../lib/runtime/json-fault.ts";
import configuration from "../../serverless.ts";
import { temporaryFolder } from "../support/keyway.ts";

/** docs/deploy.md against what it tells of. */

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "docs/deploy.md"), "utf8");
const matches = (pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, found = ""]) => found)),
];

/** The rows of the table whose first row has this first cell. */
const rows = (title: string): readonly (readonly string[])[] => {
  const [, body = ""] = text.split(`\n| ${title} |`);
  return (body.split("\n\n")[0] ?? "")
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

describe("what it names is there", () => {
  it("commands", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const name of matches(/npm run ([a-z:-]+)/g)) expect(scripts).toHaveProperty([name]);
  });

  it("variables", () => {
    const sources = ["lib/runtime/config.ts", "lib/runtime/data-folder.ts", "serverless.ts"]
      .map((file) => readFileSync(join(root, file), "utf8"))
      .join();
    // What a client has, and what is the beginning of three names.
    const others = ["KEYWAY_TOKEN", "KEYWAY_ROOT_"];
    for (const name of matches(/\b(KEYWAY_[A-Z_]+)/g)) {
      if (!others.includes(name)) expect(sources, name).toContain(name);
    }
  });

  it("the server, as npm start starts it", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const [command = "[]"] = matches(/^CMD (.+)$/gm);
    expect(JSON.parse(command).join(" ")).toBe(scripts.start.replace("scripts/start.mjs", "dist/server.mjs"));
    // What the script gives to the server that it becomes, the image has from the beginning.
    const script = readFileSync(join(root, "scripts/start.mjs"), "utf8");
    const given = [...script.matchAll(/(MALLOC_\w+): "(\d+)"/g)].map(([, name, value]) => `${name}=${value}`);
    expect(given.length).toBeGreaterThan(0);
    expect(matches(/^ENV (.+)$/gm)[0]?.split(" ")).toEqual(expect.arrayContaining(given));
    const ignored = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
    expect(ignored).toEqual(expect.arrayContaining([".keyway", "node_modules"]));
  });

  it("outputs, functions and kinds of them, settings of stages, files", () => {
    const outputs = ["HttpApiUrl", ...Object.keys(configuration.resources?.Outputs ?? {})];
    for (const name of matches(/output (\w+)\)/g)) expect(outputs).toContain(name);
    const names = deployed.map(({ name }) => name);
    for (const name of [
      "http",
      "verify",
      "webhooks",
      "verify-authorizer",
      "sweep",
      "deliver",
      "emit-checkpoints",
    ]) {
      expect(names).toContain(name);
      expect(text).toContain(`\`${name}\``);
    }
    expect(kinds).toHaveProperty("managing");
    expect(stages.default).toHaveProperty("authorizerToken");
    for (const file of matches(/`((?:deploy\/)?[a-z]+\.ts)`/g))
      expect(existsSync(join(root, file)), file).toBe(true);
  });
});

it("its configuration is one, and its secrets are those that it names", () => {
  const [config = "", secrets = "{}"] = [...text.matchAll(/```json\n(.+?)\n```/gs)].map(
    ([, block = ""]) => block,
  );
  const folder = temporaryFolder();
  const file = join(folder, "keyway.json");
  writeFileSync(file, config);
  expect(namedVariables(file, profiles, parts.whole)).toEqual(Object.keys(JSON.parse(secrets)));
  const { faults } = readConfigFile(file, profiles, parts.verifying, () => undefined, jsonFault);
  expect(faults).toEqual([]);
  expect(text).toContain(`--name ${secretsName.replace(stage, "prod")} `);
  rmSync(folder, { recursive: true });
});

describe("what it costs is what its formulas come to", () => {
  const prices = new Map(rows("Price").map(([name = "", , usd]) => [name, Number(usd)]));

  it.each(rows("| formula").map(([what, formula, usd]) => [what, formula, usd] as const))(
    "%s: %s",
    (_, formula = "", usd = "") => {
      const value = (word: string): number => prices.get(word) ?? Number(word);
      // A sum of products, one of them with a sum in brackets.
      const product = (term: string): number =>
        term.split(" × ").reduce((so, factor) => so * value(factor.trim()), 1);
      const opened = formula.replace(/(\S+) × \((.+)\)/, (_, factor, sum: string) =>
        sum
          .split(" + ")
          .map((term) => `${factor} × ${term}`)
          .join(" + "),
      );
      const total = opened.split(" + ").reduce((sum, term) => sum + product(term), 0);
      expect(total.toFixed(2)).toBe(usd);
    },
  );

  it("each metric in an alarm is counted", () => {
    const metrics = JSON.stringify(alarms(deployed)).match(/"MetricName"/g)?.length;
    expect(text).toContain(`${metrics} × alarm`);
  });
});
