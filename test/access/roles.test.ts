import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actions } from "../../functions/actions.ts";
import { operations } from "../../functions/operations.ts";
import { grants, permissions, roleNames } from "../../lib/access/roles.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

/** Rows of the first Markdown table below a heading, cells trimmed and without backticks. */
const tableBelow = (heading: string): string[][] => {
  const lines = readme.slice(readme.indexOf(heading)).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .filter((line) => !/^\|[\s|:-]+\|$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
};

describe("the README's tables", () => {
  it("say of every role and permission what the code grants", () => {
    const [head = [], ...rows] = tableBelow("### Roles and permissions");
    expect(head.slice(1)).toEqual([...roleNames]);
    expect(rows.map(([permission]) => permission)).toEqual([...permissions]);
    for (const [permission = "", ...cells] of rows) {
      const known = permissions.find((one) => one === permission);
      if (known === undefined) throw new Error(`${permission} is not a permission`);
      expect(
        cells.map((cell) => cell !== ""),
        permission,
      ).toEqual(roleNames.map((role) => grants(role, known)));
    }
  });

  it("name the permission of every action and operation", () => {
    const [, ...rows] = tableBelow("### Actions and operations");
    const expected = [
      ...actions.map((action) => [`${action.profile.service}:${action.name}`, action.permission]),
      ...operations.map((operation) => [`${operation.method} ${operation.path}`, operation.permission]),
    ];
    expect(rows).toEqual(expected);
  });
});

it("a role of another version grants nothing", () => {
  expect(permissions.some((permission) => grants("owner", permission))).toBe(false);
  expect(permissions.some((permission) => grants("__proto__", permission))).toBe(false);
});
