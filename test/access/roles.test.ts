import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actions } from "../../functions/actions.ts";
import { operations } from "../../functions/operations.ts";
import { grants, permissions, roleNames } from "../../lib/access/roles.ts";
import { tableBelow } from "../support/tables.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/permissions.md"), "utf8");

describe("the tables of docs/permissions.md", () => {
  it("say of every role and permission what the code grants", () => {
    const [head = [], ...rows] = tableBelow(document, "## Roles and permissions");
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
    const [, ...rows] = tableBelow(document, "## Actions and operations");
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
