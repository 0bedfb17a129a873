import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderWorld } from "../../contract/provider.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { providerNames } from "../../support/facade-client.ts";
import type { TestKeyway } from "../../support/keyway.ts";
import { type Pair, startPair, upstreamName, worldsOf } from "../../support/upstream.ts";

let pair: Pair;
let keyway: TestKeyway;
let facade: Pair["facade"];
let worlds: ReadonlyMap<string, ProviderWorld>;
let stranger: string;
beforeAll(async () => {
  pair = await startPair();
  ({ keyway, facade } = pair);
  worlds = await worldsOf(pair);
  stranger = (await issueAccount(keyway)).token;
});
afterAll(() => pair.stop());

const names = [...providerNames, ...providerNames.map(upstreamName)];
const keyOf = async (provider: string): Promise<string> => (await worlds.get(provider)?.key()) ?? "no world";
/** What somebody of another account is answered, but for the request's own id. */
const answered = async (method: string, path: string, body?: unknown): Promise<readonly unknown[]> => {
  const headers = { "if-match": "*" };
  const reply = await facade.call(method, path, body, { token: stranger, headers });
  const [told, id] = [reply.text, reply.headers.get("x-request-id")];
  return [reply.status, told.replaceAll(String(id), "")];
};

const calls = [
  ["GET", "", undefined],
  ["PATCH", "", { tags: { a: "b" } }],
  ["POST", "/enable", undefined],
  ["POST", "/disable", undefined],
  ["POST", "/rotate", {}],
  ["POST", "/reveal", undefined],
  ["DELETE", "?confirm={id}", undefined],
] as const;

describe.each(names)("a key of another account, of %s", (provider) => {
  it.each(calls)("%s %s is answered as if it were not there, byte for byte", async (method, tail, body) => {
    const mine = await keyOf(provider);
    const before = (await facade.call("GET", `/v1/keys/${provider}/${mine}`)).text;
    const missing = mine.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const ask = (id: string) =>
      answered(method, `/v1/keys/${provider}/${id}${tail.replace("{id}", id)}`, body);
    const [theirs, none] = [await ask(mine), await ask(missing)];
    expect(theirs[0]).toBeGreaterThanOrEqual(400);
    expect(theirs).toEqual(none);
    expect((await facade.call("GET", `/v1/keys/${provider}/${mine}`)).text).toBe(before);
  });

  it("is in none of its lists", async () => {
    await keyOf(provider);
    const reply = await facade.call("GET", "/v1/keys", undefined, { token: stranger });
    expect(reply.body).toEqual({ items: [], nextCursor: null, warnings: [] });
  });
});

/** A real system's keys are of one account. */
describe.each(providerNames.map(upstreamName))("to other accounts the provider %s", (provider) => {
  const asks = [
    ...calls.map(([method, tail, body]) => ({ method, path: `/v1/keys/{provider}/some-id${tail}`, body })),
    { method: "GET", path: "/v1/keys?provider={provider}" },
    { method: "POST", path: "/v1/keys", body: { provider: "{provider}", name: "n" } },
    {
      method: "POST",
      path: "/v1/keys:batch",
      body: { operations: [{ op: "enable", provider: "{provider}", id: "some-id" }] },
    },
    { method: "POST", path: "/v1/providers/{provider}/sync" },
    { method: "POST", path: "/v1/verify", body: { key: "of-nobody", provider: "{provider}" } },
  ];

  it.each(asks)("is not there: $method $path, byte for byte", async ({ method, path, body }) => {
    const ask = (name: string) => {
      const sent: unknown = JSON.parse(JSON.stringify(body ?? {}).replaceAll("{provider}", name));
      return answered(method, path.replace("{provider}", name), body === undefined ? undefined : sent);
    };
    expect(await ask(provider)).toEqual(await ask("nowhere"));
  });

  it("is in no list of providers", async () => {
    const { body } = await facade.call("GET", "/v1/providers", undefined, { token: stranger });
    const { items } = body as { items: readonly { name: string }[] };
    expect(items.map(({ name }) => name).toSorted()).toEqual([...providerNames].toSorted());
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
