import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operations } from "../../../functions/operations.ts";
import { issueCredential } from "../../support/facade.ts";
import { facadeOf, type Issued } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

let serial = 0;
const fresh = (): string => `call-${++serial}`;
const body = { provider: "aione", name: "once" };
const post = (path: string, sent: unknown, key: string, token?: string) =>
  facade.call("POST", path, sent, { headers: { "idempotency-key": key }, ...(token && { token }) });
const count = async (): Promise<number> => {
  const { items } = (await facade.call("GET", "/v1/keys?provider=aione&limit=100")).body as {
    items: unknown[];
  };
  return items.length;
};

describe("a call with an Idempotency-Key", () => {
  it("happens once, and is answered the same each time, material included", async () => {
    const key = fresh();
    const before = await count();
    const first = await post("/v1/keys", body, key);
    expect(first.status).toBe(201);
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    for (const sent of [key, `"${key}"`]) {
      const again = await post("/v1/keys", body, sent);
      expect([again.status, again.text]).toEqual([201, first.text]);
      expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
      expect(again.headers.get("idempotency-replayed")).toBe("true");
    }
    expect(await count()).toBe(before + 1);
  });

  it("replays a reading of the secret on the record", async () => {
    const key = fresh();
    const { key: made } = (await post("/v1/keys", body, key)).body as Issued;
    await post("/v1/keys", body, key);
    const trail = (await facade.call("GET", "/v1/audit?limit=1")).text;
    expect(trail).toContain("keyway:ReadSecrets");
    expect(trail).toContain(made.id);
  });

  it("is refused with another body, and free for another caller and another path", async () => {
    const key = fresh();
    const first = await post("/v1/keys", body, key);
    const other = await post("/v1/keys", { ...body, name: "twice" }, key);
    expect([other.status, other.body]).toEqual([
      422,
      expect.objectContaining({ code: "idempotency_mismatch" }),
    ]);
    const { token } = await issueCredential(keyway, "operator");
    const theirs = await post("/v1/keys", body, key, token);
    expect(theirs.status).toBe(201);
    expect(theirs.text).not.toBe(first.text);
    const { id } = (first.body as Issued).key;
    expect((await post(`/v1/keys/aione/${id}/disable`, {}, key)).status).toBe(200);
  });

  it("makes one key of fifty calls at one moment", async () => {
    const key = fresh();
    const before = await count();
    const replies = await Promise.all(Array.from({ length: 50 }, () => post("/v1/keys", body, key)));
    expect(await count()).toBe(before + 1);
    const statuses = new Set(replies.map(({ status }) => status));
    expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
    expect(new Set(replies.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1);
  });

  it("is answered without material once that is gone, and as it was once the key is", async () => {
    const key = fresh();
    const { key: made } = (await post("/v1/keys", body, key)).body as Issued;
    const path = `/v1/keys/aione/${made.id}`;
    await facade.call("POST", `${path}/rotate`, { grace: 3600 });
    expect((await post("/v1/keys", body, key)).body).toMatchObject({ material: { kind: "token" } });
    await facade.call("POST", `${path}/rotate`, { grace: 0 });
    expect((await post("/v1/keys", body, key)).body).toEqual({ key: made, material: null });
    await facade.call("DELETE", `${path}?confirm=${made.id}`);
    expect((await post("/v1/keys", body, key)).body).toEqual({ key: made, material: null });
  });

  it("keeps no secret with its record", async () => {
    const { material } = (await post("/v1/keys", body, fresh())).body as Issued;
    const { account } = (await keyway.house.authenticator.byToken(keyway.root.token)) ?? {};
    if (account === undefined) throw new Error("no root account");
    const records = await keyway.house.store.listDocuments(account.id, "", "once", "");
    expect(records.length).toBeGreaterThan(0);
    expect(JSON.stringify(records)).not.toContain((material as unknown as { value: string }).value);
  });

  it("may be mended and sent again after a refusal", async () => {
    const key = fresh();
    expect((await post("/v1/keys", { ...body, name: "" }, key)).status).toBe(422);
    expect((await post("/v1/keys", body, key)).status).toBe(201);
  });

  it("answers a repeated credential without its secrets", async () => {
    const key = fresh();
    const sent = { name: "once", role: "viewer" };
    const first = await post("/v1/credentials", sent, key);
    expect(first.body).toMatchObject({ secrets: { token: expect.any(String) } });
    const again = await post("/v1/credentials", sent, key);
    expect(again.body).toEqual({ ...(first.body as object), secrets: null });
  });

  it.each(["x".repeat(256), "two words", '""'])("is refused with %j for a key", async (key) => {
    const refused = await post("/v1/keys", body, key);
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.objectContaining({ code: "idempotency_key_invalid" }),
    ]);
  });
});

it("every POST may carry one, but those that change nothing that could be done twice", () => {
  const without = operations.filter(({ method, once }) => method === "POST" && once !== true);
  expect(without.map(({ name }) => name).toSorted()).toEqual(
    ["PingWebhook", "RevealKey", "SettleVerification", "VerifyKey", "VerifyKeys"].toSorted(),
  );
});
