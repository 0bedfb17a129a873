import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const read = (of: string, token?: string) =>
  facade.call("GET", `/v1/policies/${of}`, undefined, token === undefined ? {} : { token });
const change = (of: string, body: unknown, match = "*", token?: string) =>
  facade.call("PATCH", `/v1/policies/${of}`, body, {
    headers: { "if-match": match },
    ...(token === undefined ? {} : { token }),
  });

describe("a policy", () => {
  it("is decided field by field: by the key, its provider, the account, and what holds without them", async () => {
    const { token } = await issueAccount(keyway);
    const { key } = await facade.create("aione", {}, { token });
    const own = `keys/aione/${key.id}`;
    const nobodys = {
      onLeak: "disable",
      leakGraceSeconds: 300,
      rotateEveryDays: 0,
      rotateNoticeDays: 7,
      rotateGraceSeconds: 86_400,
      disableUnusedDays: 0,
      expireAfterDays: 0,
    };
    expect((await read(own, token)).body).toEqual({
      scope: `key/aione/${key.id}`,
      own: {},
      effective: nobodys,
      version: 0,
    });
    await change("account", { onLeak: "notify", leakGraceSeconds: 60 }, "*", token);
    await change("providers/aione", { onLeak: "rotate" }, "*", token);
    await change(own, { leakGraceSeconds: 0 }, "*", token);
    expect((await read(own, token)).body).toMatchObject({
      own: { leakGraceSeconds: 0 },
      effective: { onLeak: "rotate", leakGraceSeconds: 0 },
      version: 1,
    });
    expect((await read("providers/aione", token)).body).toMatchObject({
      effective: { onLeak: "rotate", leakGraceSeconds: 60 },
    });
    expect((await read("providers/tokenhub", token)).body).toMatchObject({
      effective: { onLeak: "notify", leakGraceSeconds: 60 },
    });
    // Null takes a field out, and what is absent stays.
    await change("providers/aione", { onLeak: null }, "*", token);
    await change("account", { leakGraceSeconds: null }, "*", token);
    expect((await read(own, token)).body).toMatchObject({
      effective: { onLeak: "notify", leakGraceSeconds: 0 },
    });
    // Of another account nothing was changed.
    expect((await read("account")).body).toMatchObject({ own: {}, effective: nobodys });
  });

  it("is changed by who has read it, and each change stands in the audit trail", async () => {
    const { token } = await issueAccount(keyway);
    const first = await change("account", { onLeak: "notify" }, '"0"', token);
    expect([first.status, first.headers.get("etag")]).toEqual([200, '"1"']);
    expect((await change("account", { onLeak: "shrink" }, '"0"', token)).status).toBe(412);
    const races = Array.from({ length: 8 }, () => change("account", { onLeak: "rotate" }, '"1"', token));
    const statuses = (await Promise.all(races)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    expect((await facade.call("PATCH", "/v1/policies/account", { onLeak: null }, { token })).status).toBe(
      428,
    );
    const { body } = await facade.call("GET", "/v1/audit?limit=10", undefined, { token });
    const changes = (body as { items: { entry: { action: string; target: string } }[] }).items.filter(
      ({ entry }) => entry.action === "keyway:ChangeAccountPolicy",
    );
    expect(changes.map(({ entry }) => entry.target)).toEqual(["policy/account", "policy/account"]);
  });

  it.each([
    [{ onLeak: "delete" }, "onLeak"],
    [{ leakGraceSeconds: -1 }, "leakGraceSeconds"],
    [{ leakGraceSeconds: 86_401 }, "leakGraceSeconds"],
    [{ onLeaks: "notify" }, "onLeaks"],
    [{}, ""],
  ])("%j is refused by name", async (body, path) => {
    const reply = await change("account", body);
    expect(reply.status).toBe(422);
    expect((reply.body as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
  });

  it("is of keys and providers that are there, and nobody decides beyond their own reach", async () => {
    const { token } = await issueAccount(keyway);
    const { key } = await facade.create("aione");
    for (const call of [read, (of: string, as?: string) => change(of, { onLeak: "notify" }, "*", as)]) {
      expect((await call("providers/none")).status).toBe(404);
      expect((await call("keys/aione/none")).status).toBe(404);
      expect((await call(`keys/aione/${key.id}`, token)).status).toBe(404);
      expect((await call(`keys/tokenhub/${key.id}`)).status).toBe(404);
    }
    const operator = await issueCredential(keyway, "operator");
    expect((await change("account", { onLeak: "notify" }, "*", operator.token)).status).toBe(403);
    const partly = await issueCredential(keyway, "admin", { providers: ["aione"] });
    const made = [
      await change("account", { onLeak: "notify" }, "*", partly.token),
      await change("providers/tokenhub", { onLeak: "notify" }, "*", partly.token),
      await change("providers/aione", { onLeak: "notify" }, "*", partly.token),
      await change(`keys/aione/${key.id}`, { onLeak: "notify" }, "*", partly.token),
    ];
    expect(made.map(({ status }) => status)).toEqual([403, 403, 200, 200]);
  });
});
