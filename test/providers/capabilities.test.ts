import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  type Capabilities,
  fieldNames,
  operationNames,
  type Support,
} from "../../lib/providers/capabilities.ts";
import { capabilitiesOf, profiles } from "../../lib/providers/profiles.ts";
import { services } from "../../lib/providers/services.ts";
import { tableBelow } from "../support/tables.ts";

const textOf = (file: string): string => readFileSync(join(import.meta.dirname, "../..", file), "utf8");
const marks: Readonly<Record<Support, string>> = { provider: "●", keyway: "○", refused: "" };

it("both registries tell of the same services, in the same order", () => {
  expect(services.map(({ profile }) => profile)).toEqual(profiles);
  for (const { profile, facing } of services) {
    for (const mode of ["embedded", "upstream"] as const) {
      expect(capabilitiesOf(profile.service, mode)).toBe(facing.capabilities[mode]);
    }
  }
});

/** For each service, in the order of the columns, who keeps the keys: Keyway, then the real system. */
const columns = services.flatMap(({ facing: { capabilities } }) => [
  capabilities.embedded,
  capabilities.upstream,
]);
const rowsOf = <Name extends string>(
  names: readonly Name[],
  of: (one: Capabilities, name: Name) => Support,
) => names.map((name) => [name, ...columns.map((one) => marks[of(one, name)])]);

it.each([
  ["README.md", "### What each provider can do", rowsOf(operationNames, (one, name) => one.operations[name])],
  ["docs/capabilities.md", "## Operations", rowsOf(operationNames, (one, name) => one.operations[name])],
  [
    "docs/capabilities.md",
    "## Fields at creation",
    rowsOf(fieldNames, (one, name) => one.fields[name].create),
  ],
  ["docs/capabilities.md", "## Fields at change", rowsOf(fieldNames, (one, name) => one.fields[name].change)],
])("the table of %s, %s, says what the providers declare", (file, heading, rows) => {
  const [head = [], ...told] = tableBelow(textOf(file), heading);
  expect(told).toEqual(rows);
  expect(head.slice(1)).toEqual(
    ["TokenHub", "API Gateway", "Key Sandbox", "AIone"].flatMap((title) => [title, "real"]),
  );
});
