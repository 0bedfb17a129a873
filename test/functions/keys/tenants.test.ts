import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf, providerNames } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let stranger: string;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  stranger = (await issueAccount(keyway)).token;
});
afterAll(() => keyway.stop());

const calls = [
  ["GET", "", undefined],
  ["PATCH", "", { tags: { a: "b" } }],
  ["POST", "/enable", undefined],
  ["POST", "/disable", undefined],
  ["POST", "/rotate", {}],
  ["POST", "/reveal", undefined],
  ["DELETE", "?confirm={id}", undefined],
] as const;

describe.each(providerNames)("a key of another account, of %s", (provider) => {
  it.each(calls)("%s %s is answered as if it were not there, byte for byte", async (method, tail, body) => {
    const { key } = await facade.create(provider);
    const missing = key.id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const ask = async (id: string) => {
      const path = `/v1/keys/${provider}/${id}${tail.replace("{id}", id)}`;
      const reply = await facade.call(method, path, body, { token: stranger, headers: { "if-match": "*" } });
      return [reply.status, reply.text.replaceAll(String(reply.headers.get("x-request-id")), "")];
    };
    const [theirs, none] = [await ask(key.id), await ask(missing)];
    expect(theirs).toEqual(none);
    const after = await facade.call("GET", `/v1/keys/${provider}/${key.id}`);
    expect(after.body).toEqual({ key });
    if (provider === "apigateway") await facade.call("POST", `/v1/keys/${provider}/${key.id}/disable`);
    await facade.call("DELETE", `/v1/keys/${provider}/${key.id}?confirm=${key.id}`);
  });

  it("is in none of its lists", async () => {
    await facade.create(provider);
    const reply = await facade.call("GET", "/v1/keys", undefined, { token: stranger });
    expect(reply.body).toEqual({ items: [], nextCursor: null, warnings: [] });
  });
});

it("an Idempotency-Key of one account says nothing to another", async () => {
  const headers = { "idempotency-key": "shared" };
  const body = { provider: "aione", name: "n" };
  const mine = await facade.call("POST", "/v1/keys", body, { headers });
  const theirs = await facade.call("POST", "/v1/keys", body, { headers, token: stranger });
  expect(theirs.status).toBe(201);
  expect(theirs.text).not.toBe(mine.text);
});

describe("a credential for one provider", () => {
  it("sees that one alone, and is told so of the others", async () => {
    const { token } = await issueCredential(keyway, "operator", { providers: ["aione"] });
    const { body } = await facade.call("GET", "/v1/providers", undefined, { token });
    expect((body as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual(["aione"]);
    await facade.create("tokenhub");
    const list = (await facade.call("GET", "/v1/keys?limit=100", undefined, { token })).body;
    const { items } = list as { items: { provider: string }[] };
    expect(new Set(items.map((one) => one.provider))).toEqual(new Set(["aione"]));
    const { key } = await facade.create("csip");
    for (const path of [`/v1/keys/csip/${key.id}`, "/v1/keys?provider=csip"]) {
      expect((await facade.call("GET", path, undefined, { token })).status).toBe(403);
    }
    const made = await facade.call("POST", "/v1/keys", { provider: "tokenhub", name: "n" }, { token });
    expect([made.status, made.body]).toEqual([403, expect.objectContaining({ code: "permission_denied" })]);
  });
});
