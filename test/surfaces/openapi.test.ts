import { spawnSync } from "node:child_process";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";
import document from "../../docs/openapi.json" with { type: "json" };
import { operations } from "../../functions/operations.ts";
import { errorTable } from "../../lib/errors.ts";
import { startKeyway } from "../support/keyway.ts";

it("the committed description is what the table of operations says", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/openapi.ts", "--check"], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
});

it("the description is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(validator.version).toBe("3.1");
});

it("every operation is in it once, and nothing else is", () => {
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
    ),
  );
  expect(told.toSorted()).toEqual(
    operations.map(({ method, path, name }) => `${method} ${path} ${name}`).toSorted(),
  );
});

it("every code of a problem is in it, and every reference leads somewhere", () => {
  expect(document.components.schemas.Problem.properties.code.enum).toEqual(Object.keys(errorTable));
  const text = JSON.stringify(document);
  for (const [, group = "", name = ""] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
    expect(document.components).toHaveProperty([group, name]);
  }
  expect(text).not.toContain("$defs");
});

it("it is served to everybody", async () => {
  const keyway = await startKeyway();
  const reply = await fetch(`${keyway.url}/openapi.json`);
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(await reply.json()).toEqual(document);
  await keyway.stop();
});
