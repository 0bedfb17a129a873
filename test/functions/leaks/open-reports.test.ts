import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../../functions/door.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { type LeakWorld, newAddress, startLeakWorld } from "../../support/leaks.ts";
import { pairOf, tokenOf, verifierOf } from "../../support/verify-client.ts";

/** Reports of those who have no account: what they can do, what they cannot, and what they learn. */

let world: LeakWorld;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  world = await startLeakWorld();
  facade = facadeOf(world.keyway);
});
afterAll(() => world.stop());

const codeOf = async (presented: object, token?: string): Promise<string> =>
  (await verifierOf(world.keyway).verify(presented, { query: "?scope=partial", ...(token && { token }) }))
    .code;
const letters = (): string => Math.random().toString(36).slice(2, 12);

interface Row {
  readonly key: string | null;
  readonly outcome: string;
  readonly signed: boolean;
}
const rows = async (token?: string): Promise<readonly Row[]> => {
  const { body } = await facade.call("GET", "/v1/leaks?limit=100", undefined, token ? { token } : {});
  return (body as { items: readonly Row[] }).items;
};
const findingTypes = async (account: AccountId, key: string): Promise<readonly string[]> =>
  (
    await world.keyway.house.store.listDocumentsBackwards(account, "", "finding", {
      before: null,
      limit: 100,
    })
  )
    .map(({ body }) => body as { type: string; key: string | null })
    .filter((one) => one.key === key)
    .map(({ type }) => type);
const root = "100000000001" as AccountId;

describe("a report without an account", () => {
  it("of the whole secret of a generated key ends it", async () => {
    const tenant = await issueAccount(world.keyway);
    const made = await facade.create("aione", {}, { token: tenant.token });
    const url = "https://example.com/leak";
    expect(await world.fromAnybody({ key: tokenOf(made), url })).toMatchObject({
      status: 202,
      body: { accepted: true },
    });
    expect(await codeOf({ key: tokenOf(made) }, tenant.token)).toBe("DISABLED");
    expect(await rows(tenant.token)).toMatchObject([
      { key: made.key.id, outcome: "disabled", signed: false, url },
    ]);
    const hub = await facade.create("tokenhub");
    await world.fromAnybody({ key: tokenOf(hub) });
    expect(await codeOf({ key: tokenOf(hub) })).toBe("DISABLED");
  });

  it("of a pair needs both halves", async () => {
    const made = await facade.create("apigateway");
    const { id, secret } = pairOf(made);
    await world.fromAnybody({ key: secret });
    await world.fromAnybody({ secret });
    expect(await codeOf({ id, secret })).toBe("VALID");
    expect(await findingTypes(root, made.key.id)).toEqual(["leak.half_of_pair"]);
    await world.fromAnybody({ id: `${id}x`, secret });
    await world.fromAnybody({ key: id });
    await world.fromAnybody({ id, secret: secret.slice(0, -1) });
    expect(await codeOf({ id, secret })).toBe("VALID");
    await world.fromAnybody({ id, secret });
    expect(await codeOf({ id, secret })).toBe("DISABLED");
  });

  it("of a chosen, a short or a shared secret is a finding of its owner, and ends nothing", async () => {
    const chosen = {
      kind: "pair",
      id: `chosen_${letters()}`,
      secret: `chosen_secret_${letters()}_${letters()}`,
    };
    const short = { kind: "pair", id: `short_${letters()}`, secret: "password12" };
    const shared = {
      kind: "pair",
      id: `shared_${letters()}`,
      secret: `shared_secret_${letters()}_${letters()}`,
    };
    const other = { ...shared, id: `other_${letters()}` };
    for (const material of [chosen, short, shared, other]) await facade.create("apigateway", { material });
    await world.fromAnybody({ key: { id: chosen.id, secret: chosen.secret } });
    await world.fromAnybody({ id: short.id, secret: short.secret });
    await world.fromAnybody({ secret: shared.secret });
    for (const { id, secret } of [chosen, short, shared, other])
      expect(await codeOf({ id, secret })).toBe("VALID");
    expect(await findingTypes(root, chosen.id)).toEqual(["leak.chosen_value"]);
    expect(await findingTypes(root, short.id)).toEqual(["leak.short_value"]);
    expect(await findingTypes(root, shared.id)).toEqual(["leak.shared_value"]);
    expect(await findingTypes(root, other.id)).toEqual(["leak.shared_value"]);
  });

  it("ends a generated key although its thief has copied the pair into a key of their own", async () => {
    const thief = await issueAccount(world.keyway);
    const made = await facade.create("apigateway");
    const { id, secret } = pairOf(made);
    await facade.create("apigateway", { material: { kind: "pair", id, secret } }, { token: thief.token });
    await world.fromAnybody({ id, secret });
    expect(await codeOf({ id, secret })).toBe("DISABLED");
    // The copy is the thief's own, and says so to them alone.
    expect(await codeOf({ id, secret }, thief.token)).toBe("VALID");
    expect(await rows(thief.token)).toMatchObject([{ key: id, outcome: "finding" }]);
  });

  it("that meets no key is a row of the operator's account, without the secret", async () => {
    const secret = `sk-${letters()}${letters()}${letters()}`;
    expect((await world.fromAnybody({ key: secret, url: `https://example.com/${secret}` })).status).toBe(202);
    const reply = await facade.call("GET", "/v1/leaks?limit=1");
    expect(reply.body).toMatchObject({
      items: [{ outcome: "unmatched", key: null, url: "https://example.com", source: "open" }],
    });
    expect(reply.text).not.toContain(secret);
  });

  it("of one secret is one row, from however many made-up places", async () => {
    const secret = `sk-${letters()}${letters()}`;
    for (const place of ["a", "b", "c"])
      await world.fromAnybody({ key: secret, url: `https://example.com/${place}` });
    expect((await rows())[0]).toMatchObject({ outcome: "unmatched", count: 3 });
  });
});

describe("what the answer tells", () => {
  it("leaves at the same pace, whatever was done meanwhile", async () => {
    const { house } = world.keyway;
    if (house.leaks === undefined) throw new Error("nobody takes reports");
    const made = await facade.create("aione");
    const waits: number[] = [];
    // Each look at the clock is 7 ms later than the one before: work takes time, and more work more of it.
    let now = 0;
    const clock = (): Date => {
      now += 7;
      return new Date(Date.parse("2026-11-21T12:00:00Z") + now);
    };
    const leaks = { ...house.leaks, sleep: async (ms: number) => void waits.push(ms) };
    const ends: number[] = [];
    for (const key of [tokenOf(made), "sk-nobodys-at-all", tokenOf(made)]) {
      const began = now + 7;
      const request = {
        method: "POST",
        path: "/v1/leaks",
        rawQueries: [""] as [string],
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify({ key })),
        bodyTooLarge: false,
        ip: newAddress(),
      };
      expect((await serve(request, { ...house, clock, leaks })).status).toBe(202);
      // The last look before the wait.
      ends.push(((waits.at(-1) ?? 0) + (now - 7 - began)) % 20);
    }
    expect(ends).toEqual([0, 0, 0]);
  });

  it("is not changed by spaces around what was pasted", async () => {
    const made = await facade.create("aione");
    await world.fromAnybody({ key: `  ${tokenOf(made)}\n` });
    expect(await codeOf({ key: tokenOf(made) })).toBe("DISABLED");
  });

  it("is the same for every secret: status, headers, body", async () => {
    const [known, dead] = [await facade.create("aione"), await facade.create("aione")];
    await facade.call("POST", `/v1/keys/aione/${dead.key.id}/disable`);
    const pair = pairOf(await facade.create("apigateway"));
    const asked = [
      { key: tokenOf(known) },
      { key: tokenOf(known) },
      { key: tokenOf(dead) },
      { key: "sk-nobodys" },
      { secret: pair.secret },
      { id: pair.id, secret: pair.secret },
      { id: pair.id, secret: "wrong" },
    ];
    const told = [];
    for (const body of asked) {
      const reply = await fetch(`${world.keyway.url}/v1/leaks`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": newAddress() },
        body: JSON.stringify(body),
      });
      const headers = [...reply.headers].filter(([name]) => !["x-request-id", "date"].includes(name));
      told.push(JSON.stringify([reply.status, headers, await reply.text()]));
    }
    expect(new Set(told).size).toBe(1);
  });

  it.each([
    [{}, "key"],
    [{ key: "k", secret: "s" }, "key"],
    [{ key: "k", id: "i" }, "key"],
    [{ id: "i" }, "key"],
    [{ key: "" }, "key"],
    [{ key: "x".repeat(4097) }, "key"],
    [{ key: { id: "i" } }, "key"],
    [{ key: ["k"] }, "key"],
    [{ key: "k", token: "t" }, "token"],
    [{ key: "k", url: 1 }, "url"],
  ])("of %j is what is wrong with it", async (body, path) => {
    const reply = await world.fromAnybody(body);
    expect(reply.status).toBe(422);
    expect((reply.body as { errors: { path: string }[] }).errors.map((one) => one.path)).toContain(path);
  });

  it("knows one method beside the list, one type and a small body", async () => {
    const put = await fetch(`${world.keyway.url}/v1/leaks`, { method: "PUT" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, POST, OPTIONS"]);
    for (const length of [17_000, 10 * 1024 * 1024]) {
      const large = await world.fromAnybody({ key: "k", url: "x".repeat(length) });
      expect([large.status, large.body]).toMatchObject([413, { code: "body_too_large" }]);
    }
    expect((await world.fromAnybody({ key: "k" }, { "content-type": "text/plain" })).status).toBe(415);
    // The list is the facade's, for those who have a credential.
    expect((await fetch(`${world.keyway.url}/v1/leaks`)).status).toBe(401);
  });
});

describe("the list", () => {
  it("goes on where its page ended, newest first, and takes no cursor of others", async () => {
    const { token } = await issueAccount(world.keyway);
    const ids: string[] = [];
    for (let made = 0; made < 5; made++) {
      const one = await facade.create("aione", {}, { token });
      await world.fromAnybody({ key: tokenOf(one) });
      ids.unshift(one.key.id);
    }
    const read = async (query: string) =>
      (await facade.call("GET", `/v1/leaks${query}`, undefined, { token })).body;
    interface Page {
      readonly items: readonly Row[];
      readonly nextCursor: string | null;
    }
    const first = (await read("?limit=3")) as Page;
    const second = (await read(`?limit=3&cursor=${first.nextCursor}`)) as Page;
    expect([...first.items, ...second.items].map(({ key }) => key)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    expect(await read("?cursor=none")).toMatchObject({ code: "cursor_invalid" });
  });

  it("shows a credential of some providers the reports of their keys, and of no others that there are any", async () => {
    const hub: string[] = [];
    for (let made = 0; made < 3; made++) {
      const [mine, other] = [await facade.create("tokenhub"), await facade.create("aione")];
      await world.fromAnybody({ key: tokenOf(mine) });
      await world.fromAnybody({ key: tokenOf(other) });
      await world.fromAnybody({ key: `sk-${letters()}${letters()}${letters()}` });
      hub.unshift(mine.key.id);
    }
    const { token } = await issueCredential(world.keyway, "auditor", { providers: ["tokenhub"] });
    const read = async (query: string) =>
      (await facade.call("GET", `/v1/leaks?${query}`, undefined, { token })).body as {
        readonly items: readonly (Row & { readonly id: string; readonly provider: string | null })[];
        readonly nextCursor: string | null;
      };
    const { items } = await read("limit=100");
    expect(new Set(items.map(({ provider }) => provider))).toEqual(new Set(["tokenhub"]));
    expect(items.slice(0, 3).map(({ key }) => key)).toEqual(hub);
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await read(`limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`);
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      // Not even by the place where its page ends.
      if (cursor !== null) expect(cursor).toBe(paged.at(-1));
    }
    expect(paged).toEqual(items.map(({ id }) => id));
    const all = new Set((await rows()).slice(0, 9).map(({ outcome }) => outcome));
    expect(all).toEqual(new Set(["disabled", "unmatched"]));
  });
});
