import { spawnSync } from "node:child_process";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import document from "../../docs/openapi.json" with { type: "json" };
import { reportLeakDescription } from "../../functions/leaks/report-leak.ts";
import { operations } from "../../functions/operations.ts";
import { errorTable } from "../../lib/errors.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

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
    [...operations, reportLeakDescription]
      .map(({ method, path, name }) => `${method} ${path} ${name}`)
      .toSorted(),
  );
});

it("every code of a problem is in it, and every reference leads somewhere", () => {
  expect(document.components.schemas.Problem.properties.code.enum).toEqual(Object.keys(errorTable));
  expect(Object.keys(document["x-problems"])).toEqual(Object.keys(errorTable));
  const text = JSON.stringify(document);
  for (const [, group = "", name = ""] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
    expect(document.components).toHaveProperty([group, name]);
  }
  expect(text).not.toContain("$defs");
});

describe("as it is served", () => {
  let keyway: TestKeyway;
  beforeAll(async () => {
    keyway = await startKeyway();
  });
  afterAll(() => keyway.stop());

  it("it is for everybody", async () => {
    const reply = await fetch(`${keyway.url}/openapi.json`);
    expect(reply.headers.get("content-type")).toBe("application/json");
    expect(await reply.json()).toEqual(document);
  });

  /** As RFC 6901, section 6 reads a fragment. */
  const pointed = (value: unknown, url: URL): unknown =>
    url.hash
      .slice(2)
      .split("/")
      .reduce<unknown>((inner, name) => Reflect.get(inner as object, name), value);

  it.each([
    ["an unknown path", "GET", "/v1/nothing", "route_unknown", 404],
    ["a method", "DELETE", "/healthz", "method_not_allowed", 405],
    ["a token", "GET", "/v1/keys", "authorization_malformed", 401],
  ])(
    "the type of a problem about %s leads to what it says of the code",
    async (_, method, path, code, status) => {
      const reply = await fetch(`${keyway.url}${path}`, { method });
      const problem = z
        .object({ type: z.string(), title: z.string(), code: z.string() })
        .parse(await reply.json());
      expect([problem.code, reply.status]).toEqual([code, status]);
      // A reference is read from where the reply came from (RFC 9457, section 3.1.1).
      const type = new URL(problem.type, reply.url);
      const description: unknown = await (await fetch(type)).json();
      expect(pointed(description, type)).toEqual({ status, title: problem.title });
    },
  );
});
