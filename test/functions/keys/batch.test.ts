import { afterAll, beforeAll, expect, it } from "vitest";
import { issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

interface Outcomes {
  readonly outcomes: readonly { readonly status: number; readonly body: Record<string, unknown> | null }[];
}

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const batch = async (operations: readonly object[], headers = {}, token?: string): Promise<Outcomes> => {
  const reply = await facade.call(
    "POST",
    "/v1/keys:batch",
    { operations },
    { headers, ...(token && { token }) },
  );
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  return reply.body as Outcomes;
};

it("a batch has an outcome for each operation, in order, whatever happened to the others", async () => {
  const { key } = await facade.create("tokenhub");
  const at = { provider: "tokenhub", id: key.id };
  const { outcomes } = await batch([
    { op: "create", body: { provider: "aione", name: "one" } },
    { op: "disable", ...at },
    { op: "create", body: { provider: "aione", name: 7 } },
    { op: "change", ...at, ifMatch: 2, body: { description: "changed" } },
    { op: "change", ...at, ifMatch: 2, body: { description: "late" } },
    { op: "change", ...at, body: { description: "blind" } },
    { op: "rotate", ...at },
    { op: "delete", ...at },
    { op: "delete", ...at, confirm: key.id },
    { op: "enable", ...at },
    { op: "enable" },
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual([
    201, 200, 422, 200, 412, 428, 200, 428, 204, 404, 422,
  ]);
  expect(outcomes[0]?.body).toMatchObject({ key: { name: "one" }, material: { kind: "token" } });
  expect(outcomes[2]?.body).toMatchObject({ code: "field_type_invalid", errors: [{ path: "name" }] });
  expect(outcomes[7]?.body).toMatchObject({
    detail: "A deletion is for good: repeat the key's id as `confirm`.",
    errors: [{ path: "confirm" }],
  });
  expect(outcomes[8]?.body).toEqual({
    receipt: expect.objectContaining({ key: key.id, cause: "deleted", stoppedAt: expect.any(String) }),
  });
});

it("each operation takes its own permission", async () => {
  const { token } = await issueCredential(keyway, "viewer");
  const { outcomes } = await batch([{ op: "create", body: { provider: "aione", name: "one" } }], {}, token);
  expect(outcomes).toMatchObject([{ status: 403, body: { code: "permission_denied" } }]);
});

it("a batch that is sent again under its key does nothing again, and what was missing is done", async () => {
  const { key } = await facade.create("aione");
  const operations = [
    { op: "create", body: { provider: "aione", name: "in-a-batch" } },
    { op: "delete", provider: "aione", id: key.id, confirm: key.id },
  ];
  const first = await batch(operations, { "idempotency-key": "batch-1" });
  expect(first.outcomes.map(({ status }) => status)).toEqual([201, 204]);
  expect(await batch(operations, { "idempotency-key": "batch-1" })).toEqual(first);
});

it("a key of a batch is for these very operations", async () => {
  const one = { op: "create", body: { provider: "aione", name: "batch-2" } };
  const headers = { "idempotency-key": "batch-2" };
  expect((await batch([one], headers)).outcomes).toMatchObject([{ status: 201 }]);
  for (const operations of [[{ op: "enable", provider: "aione", id: "none" }, one], [one, one], []]) {
    const reply = await facade.call("POST", "/v1/keys:batch", { operations }, { headers });
    expect(reply.status).toBe(422);
  }
  const { items } = (await facade.call("GET", "/v1/keys?q=batch-2")).body as { items: unknown[] };
  expect(items).toHaveLength(1);
});

const made = { provider: "aione", name: "made-in-a-wrong-batch" };
const creation = { op: "create", body: made };
const at = { provider: "aione", id: "none" };

it.each([
  ["no operation", [], "field_value_invalid", "operations"],
  [
    "101 operations",
    Array.from({ length: 101 }, () => ({ op: "enable" })),
    "field_value_invalid",
    "operations",
  ],
  ["no list", { op: "enable" }, "field_type_invalid", "operations"],
  ["an operation without a name", [at], "field_missing", "operations.0.op"],
  [
    "an operation that is none of a batch",
    [{ op: "reveal", ...at }],
    "field_value_invalid",
    "operations.0.op",
  ],
  ["an unknown field", [{ op: "enable", force: true }], "field_unknown", "operations.0.force"],
  [
    "a version that is none",
    [{ op: "change", ...at, ifMatch: 0, body: {} }],
    "field_value_invalid",
    "operations.0.ifMatch",
  ],
  [
    "an id of another type",
    [{ op: "enable", provider: "aione", id: 7 }],
    "field_type_invalid",
    "operations.0.id",
  ],
  [
    "a provider beside a creation",
    [{ op: "create", provider: "csip", body: made }],
    "field_unknown",
    "operations.0.provider",
  ],
  ["an id beside a creation", [{ op: "create", id: "mine", body: made }], "field_unknown", "operations.0.id"],
  [
    "a version of a creation",
    [{ op: "create", ifMatch: 1, body: made }],
    "field_unknown",
    "operations.0.ifMatch",
  ],
  [
    "a confirmation of a creation",
    [{ op: "create", confirm: "x", body: made }],
    "field_unknown",
    "operations.0.confirm",
  ],
  [
    "a confirmation of a change",
    [{ op: "change", ...at, confirm: "x" }],
    "field_unknown",
    "operations.0.confirm",
  ],
  [
    "a body of a deletion",
    [{ op: "delete", ...at, confirm: "none", body: {} }],
    "field_unknown",
    "operations.0.body",
  ],
  ["a body of an enabling", [{ op: "enable", ...at, body: {} }], "field_unknown", "operations.0.body"],
  ["a body of a disabling", [{ op: "disable", ...at, body: {} }], "field_unknown", "operations.0.body"],
])("%s is refused as a whole, and nothing of it is done", async (_, operations, code, path) => {
  const sent = Array.isArray(operations) && operations.length === 1 ? [...operations, creation] : operations;
  const reply = await facade.call("POST", "/v1/keys:batch", { operations: sent });
  expect([reply.status, reply.body]).toEqual([
    422,
    expect.objectContaining({ code, errors: [{ path, message: expect.any(String) }] }),
  ]);
  const { items } = (await facade.call("GET", `/v1/keys?q=${made.name}`)).body as { items: unknown[] };
  expect(items).toEqual([]);
});
