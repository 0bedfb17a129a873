import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { callFacade } from "../../support/facade.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

const keys = "/api/v1/gateway/keys";

let keyway: TestKeyway;
let id = "";
beforeAll(async () => {
  keyway = await startKeyway();
  const { body } = await callFacade(keyway, "POST", keys, { body: { name: "n" } });
  id = z.object({ id: z.string() }).parse(body).id;
});
afterAll(() => keyway.stop());

/** A 422 body as the service documents it. */
const fault = z.object({
  detail: z.array(
    z.strictObject({
      loc: z.array(z.union([z.string(), z.number()])),
      msg: z.string(),
      type: z.string(),
      input: z.unknown().optional(),
      ctx: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

type Case = readonly [what: string, body: unknown, type: string, loc: readonly (string | number)[]];

const field = (name: string, value: unknown): object => ({ name: "n", [name]: value });
const many = (length: number): string[] => Array.from({ length }, (_, n) => `m${n}`);

const cases: readonly Case[] = [
  ["an empty object", {}, "missing", ["body", "name"]],
  ["a list", [], "model_attributes_type", ["body"]],
  ["a text", "x", "model_attributes_type", ["body"]],
  ["no name", { name: null }, "string_type", ["body", "name"]],
  ["a name that is a number", { name: 1 }, "string_type", ["body", "name"]],
  ["an empty name", { name: "" }, "string_too_short", ["body", "name"]],
  ["a long name", { name: "x".repeat(256) }, "string_too_long", ["body", "name"]],
  ["a limit of 0", field("rpm_limit", 0), "greater_than_equal", ["body", "rpm_limit"]],
  ["a limit below 0", field("tpm_limit", -1), "greater_than_equal", ["body", "tpm_limit"]],
  ["a limit that is a text", field("rpm_limit", "5"), "int_type", ["body", "rpm_limit"]],
  ["a limit with a fraction", field("rpm_limit", 1.5), "int_type", ["body", "rpm_limit"]],
  ["models that are a text", field("models_allowed", "gpt"), "list_type", ["body", "models_allowed"]],
  [
    "a model that is a number",
    field("models_allowed", ["a", 1]),
    "string_type",
    ["body", "models_allowed", 1],
  ],
  ["1,001 models", field("models_allowed", many(1001)), "too_long", ["body", "models_allowed"]],
  [
    "1,001 addresses",
    field("allowed_ips", Array<string>(1001).fill("::1")),
    "too_long",
    ["body", "allowed_ips"],
  ],
  ["addresses that are a text", field("allowed_ips", "::1"), "list_type", ["body", "allowed_ips"]],
  ["a bad CIDR", field("allowed_ips", ["10.0.0.0/33"]), "value_error", ["body", "allowed_ips", 0]],
  ["a bad IPv6", field("allowed_ips", ["::1", "::g"]), "value_error", ["body", "allowed_ips", 1]],
  ["a host name", field("allowed_ips", ["example.com"]), "value_error", ["body", "allowed_ips", 0]],
];

/** Of creation alone. */
const creationCases: readonly Case[] = [
  ["a flag that is a text", field("is_sandbox", "yes"), "bool_type", ["body", "is_sandbox"]],
  ["a team that is no UUID", field("team_id", "team"), "uuid_parsing", ["body", "team_id"]],
  ["a date without a time", field("expires_at", "2099-01-01"), "datetime_parsing", ["body", "expires_at"]],
  [
    "a time without a zone",
    field("expires_at", "2099-01-01T00:00:00"),
    "datetime_parsing",
    ["body", "expires_at"],
  ],
  [
    "a time that has passed",
    field("expires_at", "2001-01-01T00:00:00Z"),
    "value_error",
    ["body", "expires_at"],
  ],
];

const expectFault = (
  reply: { readonly status: number; readonly body: unknown },
  type: string,
  loc: readonly (string | number)[],
): void => {
  expect(reply.status).toBe(422);
  const { detail } = fault.parse(reply.body);
  expect(detail.map((one) => [one.type, one.loc])).toContainEqual([type, loc]);
};

describe("creation", () => {
  it.each([...cases, ...creationCases])(
    "%s is refused in the service's own form",
    async (_, body, type, loc) => {
      expectFault(await callFacade(keyway, "POST", keys, { body }), type, loc);
    },
  );

  it("a body that is no JSON, or none, is refused so, too", async () => {
    expectFault(await callFacade(keyway, "POST", keys, { raw: '{"name":' }), "json_invalid", ["body", 0]);
    expectFault(await callFacade(keyway, "POST", keys), "missing", ["body"]);
  });

  it("every fault is named, and nothing was stored", async () => {
    const before = await callFacade(keyway, "GET", keys);
    const body = { name: 1, rpm_limit: 0, allowed_ips: ["x", "y"] };
    const { detail } = fault.parse((await callFacade(keyway, "POST", keys, { body })).body);
    expect(detail).toHaveLength(4);
    expect((await callFacade(keyway, "GET", keys)).body).toEqual(before.body);
  });
});

describe("update", () => {
  it.each(cases.filter(([what]) => what !== "an empty object"))(
    "%s is refused",
    async (_, body, type, loc) => {
      expectFault(await callFacade(keyway, "PUT", `${keys}/${id}`, { body }), type, loc);
    },
  );
});

it.each([
  ["GET", ""],
  ["PUT", ""],
  ["DELETE", ""],
  ["PUT", "/rotate"],
  ["PUT", "/disable"],
  ["PUT", "/enable"],
])("%s {id}%s of an id that is no UUID is a 422 about the path", async (method, rest) => {
  const body = method === "PUT" && rest === "" ? { body: { name: "n" } } : {};
  const reply = await callFacade(keyway, method, `${keys}/not-a-uuid${rest}`, body);
  expectFault(reply, "uuid_parsing", ["path", "key_id"]);
});

it("`input` repeats what is harmless, and no secret, wherever it was put", async () => {
  const { body } = await callFacade(keyway, "POST", keys, { body: field("rpm_limit", -7) });
  expect(fault.parse(body).detail[0]).toMatchObject({ input: -7, ctx: { ge: 1 } });
  const secret = `sk-nex-${"A1b2".repeat(12)}`;
  const bodies = [
    { key: secret },
    field("allowed_ips", [secret]),
    field("team_id", secret),
    field("rpm_limit", secret),
    field("models_allowed", { [secret]: secret }),
    [secret],
  ];
  for (const one of bodies) {
    const reply = await callFacade(keyway, "POST", keys, { body: one });
    expect(reply.status).toBe(422);
    expect(reply.text).not.toContain(secret);
  }
});

it("what is not there is told in the framework's words", async () => {
  const unknown = await callFacade(keyway, "GET", "/api/v1/nothing");
  expect([unknown.status, unknown.body]).toEqual([404, { detail: "Not Found" }]);
  const method = await callFacade(keyway, "PATCH", keys, { body: {} });
  expect([method.status, method.body]).toEqual([405, { detail: "Method Not Allowed" }]);
  expect(method.headers.get("allow")).toBe("GET, POST");
});

it("a slash too many leads to the path without it, and other paths of the data plane speak its form", async () => {
  const slash = await fetch(`${keyway.url}${keys}/?a=1`, { redirect: "manual" });
  expect([slash.status, slash.headers.get("location")]).toEqual([307, `${keys}?a=1`]);
  for (const path of ["/v1/models/gpt-5.4", "/v1/chat/completions", "/v1/messages"]) {
    const reply = await callFacade(keyway, "GET", path);
    expect([reply.status, reply.body]).toEqual([404, { error: expect.anything() }]);
  }
});
