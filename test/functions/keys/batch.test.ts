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
    201, 200, 422, 200, 412, 428, 422, 428, 204, 404, 422,
  ]);
  expect(outcomes[0]?.body).toMatchObject({ key: { name: "one" }, material: { kind: "token" } });
  expect(outcomes[2]?.body).toMatchObject({ code: "field_type_invalid", errors: [{ path: "name" }] });
  expect(outcomes[8]?.body).toBeNull();
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

it.each([
  ["no operation", { operations: [] }],
  ["101 operations", { operations: Array.from({ length: 101 }, () => ({ op: "enable" })) }],
  ["an unknown operation", { operations: [{ op: "reveal", provider: "aione", id: "x" }] }],
  ["an unknown field", { operations: [{ op: "enable", force: true }] }],
])("%s is refused as a whole", async (_, body) => {
  expect((await facade.call("POST", "/v1/keys:batch", body)).status).toBe(422);
});
