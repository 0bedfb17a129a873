import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueAccount, issueCredential } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../support/keyway.ts";
import { tokenOf, verifierOf } from "../support/verify-client.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const change = (ipAllowlist: unknown, match = "*", token?: string) =>
  facadeOf(keyway).call(
    "PATCH",
    "/v1/allowlist",
    { ipAllowlist },
    {
      headers: { "if-match": match },
      ...(token === undefined ? {} : { token }),
    },
  );

describe("the allowlist of an account", () => {
  it("is an event when it is changed, with its version", async () => {
    const { store } = keyway.house;
    const before = await store.lastEventSeq(rootAccount);
    const { version } = (await change([])).body as { version: number };
    expect(await store.readEvents(rootAccount, before, 10)).toMatchObject([
      { type: "allowlist.changed", subject: `account/${rootAccount}`, version },
    ]);
  });

  it("stands over those of its keys from the next verification on, and over no other account's", async () => {
    const verifier = verifierOf(keyway);
    const { token } = await issueAccount(keyway);
    const mine = tokenOf(await facadeOf(keyway).create("aione", { ipAllowlist: ["192.0.2.0/24"] }));
    const theirs = tokenOf(await facadeOf(keyway).create("aione", {}, { token }));
    const codeOf = async (ip?: string): Promise<string> =>
      (await verifier.verify({ key: mine, ip }, { query: "?scope=partial" })).code;
    expect(await codeOf("192.0.2.9")).toBe("VALID");

    expect((await change(["192.0.2.7", "2001:db8::/32"])).status).toBe(200);
    const codes = ["192.0.2.7", "192.0.2.9", "2001:db8::1", undefined].map((ip) => codeOf(ip));
    expect(await Promise.all(codes)).toEqual(["VALID", "IP_DENIED", "IP_DENIED", "IP_DENIED"]);
    // The key's own list holds 192.0.2.9; only the account's refuses it.
    const { explain } = await verifier.verify({ key: mine, ip: "192.0.2.9" }, { query: "?explain=true" });
    expect(explain?.filter(({ rule }) => rule.endsWith("ipAllowlist"))).toEqual([
      { rule: "ipAllowlist", outcome: "passed", code: "IP_DENIED" },
      { rule: "account.ipAllowlist", outcome: "failed", code: "IP_DENIED" },
    ]);
    expect((await verifier.verify({ key: theirs }, { token, query: "?scope=partial" })).code).toBe("VALID");

    expect((await change([])).status).toBe(200);
    expect(await codeOf("192.0.2.9")).toBe("VALID");
  });

  it("is changed by who has read it, and by administrators", async () => {
    const { token } = await issueAccount(keyway);
    const read = () => facadeOf(keyway).call("GET", "/v1/allowlist", undefined, { token });
    expect((await read()).body).toEqual({ ipAllowlist: [], version: 0 });
    const first = await change(["192.0.2.7"], '"0"', token);
    expect([first.status, first.headers.get("etag")]).toEqual([200, '"1"']);
    expect((await change(["192.0.2.8"], '"0"', token)).status).toBe(412);
    expect((await read()).body).toEqual({ ipAllowlist: ["192.0.2.7"], version: 1 });
    const operator = await issueCredential(keyway, "operator");
    expect((await change([], "*", operator.token)).status).toBe(403);
    // It would open and close the keys of other providers.
    const partly = await issueCredential(keyway, "admin", { providers: ["aione"] });
    expect((await change([], "*", partly.token)).body).toMatchObject({ code: "permission_denied" });
    const race = await Promise.all([1, 2, 3, 4].map((n) => change([`192.0.2.${n}`], '"1"', token)));
    expect(race.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  });

  it.each([
    ["an entry that is no address", ["192.0.2.300"], "field_value_invalid", "ipAllowlist.0"],
    ["the same entry twice", ["192.0.2.1", "192.0.2.1"], "field_value_invalid", "ipAllowlist"],
    ["no list", "192.0.2.1", "field_type_invalid", "ipAllowlist"],
  ])("is not %s", async (_, list, code, path) => {
    const reply = await change(list);
    expect([reply.status, reply.body]).toEqual([
      422,
      expect.objectContaining({ code, errors: [expect.objectContaining({ path })] }),
    ]);
  });
});
