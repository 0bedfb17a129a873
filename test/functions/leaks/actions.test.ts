import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { issueAccount } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount } from "../../support/keyway.ts";
import { type LeakWorld, newAddress, startLeakWorld } from "../../support/leaks.ts";
import { codeOf as codeCaught, sdkClient } from "../../support/sdk.ts";
import { pairOf, tokenOf, verifierOf } from "../../support/verify-client.ts";

let world: LeakWorld;
let facade: ReturnType<typeof facadeOf>;
let verifier: ReturnType<typeof verifierOf>;
beforeAll(async () => {
  world = await startLeakWorld();
  facade = facadeOf(world.keyway);
  verifier = verifierOf(world.keyway);
});
afterAll(() => world.stop());

interface Row {
  readonly id: string;
  readonly outcome: string;
  readonly fingerprint: string | null;
  readonly key: string | null;
  readonly provider: string | null;
  readonly source: string;
  readonly count: number;
  readonly url: string | null;
  readonly tokenType: string | null;
  readonly signed: boolean;
}
const rows = async (token?: string): Promise<readonly Row[]> => {
  const { body } = await facade.call("GET", "/v1/leaks?limit=100", undefined, token ? { token } : {});
  return (body as { items: readonly Row[] }).items;
};
const rowsOf = async (key: string, token?: string) => (await rows(token)).filter((row) => row.key === key);
const codeOf = async (presented: object, token?: string): Promise<string> =>
  (await verifier.verify(presented, { query: "?scope=partial", ...(token && { token }) })).code;
const findingsOf = async (type: string, account = rootAccount) =>
  (
    await world.keyway.house.store.listDocumentsBackwards(account, "", "finding", {
      before: null,
      limit: 100,
    })
  )
    .map(({ body }) => body as { type: string; key: string | null; fix: { method: string; path: string } })
    .filter((one) => one.type === type);
const policy = (of: string, body: object, token?: string) =>
  facade.call("PATCH", `/v1/policies/${of}`, body, { headers: { "if-match": "*" }, ...(token && { token }) });
const eventsOf = async (subject: string, account: AccountId = rootAccount) =>
  (await world.keyway.house.store.readEvents(account, 0, 1000)).filter((one) => one.subject === subject);

describe("a trusted report of a whole secret", () => {
  it("disables the key, in one commit with the report, its entry and its events, in its own account", async () => {
    const tenant = await issueAccount(world.keyway);
    const made = await facade.create("aione", {}, { token: tenant.token });
    const key = tokenOf(made);
    expect(await codeOf({ key }, tenant.token)).toBe("VALID");
    const auditOf = async (): Promise<number> => {
      const { body } = await facade.call("GET", "/v1/audit?limit=1", undefined, { token: tenant.token });
      return (body as { items: [{ seq: number }] }).items[0].seq;
    };
    const entries = await auditOf();
    const url = "https://user:pass@github.com/octocat/x/blob/main/a.ts?token=1#L3";
    const reply = await world.fromGithub([{ token: key, type: "some_key", url, source: "commit" }]);
    expect([reply.status, reply.body]).toEqual([
      200,
      [
        {
          token_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          token_type: "some_key",
          label: "true_positive",
        },
      ],
    ]);
    expect(reply.text).not.toContain(key);
    expect(await codeOf({ key }, tenant.token)).toBe("DISABLED");
    expect((await auditOf()) - entries).toBe(1);
    expect(await rowsOf(made.key.id, tenant.token)).toMatchObject([
      {
        source: "github",
        signed: true,
        outcome: "disabled",
        provider: "aione",
        tokenType: "some_key",
        url: "https://github.com/octocat/x/blob/main/a.ts",
        count: 1,
      },
    ]);
    // The operator's account sees reports of no other account's keys.
    expect(await rowsOf(made.key.id)).toEqual([]);
    const { body } = await facade.call("GET", "/v1/audit?limit=1", undefined, { token: tenant.token });
    const [{ entry }] = (body as { items: [{ entry: Record<string, unknown> }] }).items;
    expect(entry).toMatchObject({
      action: "keyway:ReportLeak",
      actor: { credential: "[leak report: github]" },
      target: `aione/${made.key.id}`,
      details: { source: "github", tokenType: "some_key" },
    });
    const account = (await world.keyway.house.authenticator.byToken(tenant.token))?.account.id ?? rootAccount;
    const told = await eventsOf(`aione/${made.key.id}`, account);
    expect(told.map(({ type }) => type)).toEqual(["key.created", "key.disabled", "leak.reported"]);
    expect(told.at(-1)).toMatchObject({ version: 2, data: { outcome: "disabled", status: "disabled" } });
  });

  it("finds a pair by its secret, and keys of every provider that can be found", async () => {
    const made = await facade.create("apigateway");
    const hub = await facade.create("tokenhub");
    await world.fromScanner([
      { key: pairOf(made).secret, url: "https://example.com/1" },
      { key: tokenOf(hub) },
    ]);
    expect(await codeOf(pairOf(made))).toBe("DISABLED");
    expect(await codeOf({ key: tokenOf(hub) })).toBe("DISABLED");
  });

  it("acts on a chosen secret where it is long, even if others have the same one", async () => {
    const secret = `chosen_${Math.random().toString(36).slice(2)}_by_somebody`;
    const pairs = ["one", "two"].map((name) => ({
      kind: "pair",
      id: `${name}_${secret.slice(7, 14)}`,
      secret,
    }));
    for (const material of pairs) await facade.create("apigateway", { material });
    await world.fromScanner([{ key: secret }]);
    for (const { id } of pairs) expect(await codeOf({ id, secret })).toBe("DISABLED");
  });

  it("of a short one becomes a finding with the call that mends it", async () => {
    const material = {
      kind: "pair",
      id: `id_${Math.random().toString(36).slice(2, 12)}`,
      secret: "password_1234",
    };
    const { key } = await facade.create("apigateway", { material });
    await world.fromScanner([{ key: { id: material.id, secret: material.secret } }]);
    expect(await codeOf({ id: material.id, secret: material.secret })).toBe("VALID");
    const found = (await findingsOf("leak.short_value")).filter((one) => one.key === key.id);
    expect(found).toMatchObject([
      { fix: { method: "POST", path: `/v1/keys/apigateway/${encodeURIComponent(key.id)}/disable` } },
    ]);
    expect(await rowsOf(key.id)).toMatchObject([{ outcome: "finding" }]);
    const mended = await facade.call(found[0]?.fix.method ?? "", found[0]?.fix.path ?? "");
    expect(mended.status).toBe(200);
  });

  it("looks only at the provider that the sender's type stands for", async () => {
    const hub = await facade.create("tokenhub");
    const reply = await world.fromGithub([{ token: tokenOf(hub), type: "aione_key", url: "" }]);
    expect(reply.body).toMatchObject([{ label: "false_positive" }]);
    expect(await codeOf({ key: tokenOf(hub) })).toBe("VALID");
  });
});

describe("the policy of the key decides", () => {
  it("notify: the key stays, and there is a finding and an event", async () => {
    const made = await facade.create("aione");
    await policy(`keys/aione/${made.key.id}`, { onLeak: "notify" });
    await world.fromScanner([{ key: tokenOf(made) }]);
    expect(await codeOf({ key: tokenOf(made) })).toBe("VALID");
    expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "notified" }]);
    expect((await findingsOf("leak.notified")).some((one) => one.key === made.key.id)).toBe(true);
    expect((await eventsOf(`aione/${made.key.id}`)).map(({ type }) => type)).toEqual([
      "key.created",
      "leak.reported",
    ]);
  });

  it("notify: the finding is in the list until the secret is another one, and comes back with the next leak", async () => {
    const { token } = await issueAccount(world.keyway);
    const made = await facade.create("aione", {}, { token });
    const path = `/v1/keys/aione/${made.key.id}`;
    const listed = async (): Promise<readonly string[]> => {
      const { body } = await facade.call("GET", "/v1/hygiene?rule=reported", undefined, { token });
      return (body as { items: { id: string; evidence: string }[] }).items.map(({ id }) => id);
    };
    const rotate = async (grace: number): Promise<string> => {
      const { body } = await facade.call("POST", `${path}/rotate`, { grace }, { token });
      return tokenOf(body as { material: unknown });
    };
    await policy("account", { onLeak: "notify" }, token);
    await world.fromScanner([{ key: tokenOf(made) }]);
    expect(await listed()).toEqual([made.key.id]);
    // As long as the leaked one works, it is not mended.
    await rotate(3600);
    expect(await listed()).toEqual([made.key.id]);
    const present = await rotate(0);
    expect(await listed()).toEqual([]);
    await world.fromScanner([{ key: present }]);
    expect(await listed()).toEqual([made.key.id]);
  });

  it("shrink: to no scope, on every service", async () => {
    for (const provider of ["aione", "tokenhub", "apigateway"]) {
      const made = await facade.create(provider);
      const path = `/v1/keys/${provider}/${made.key.id}`;
      await policy(`keys/${provider}/${made.key.id}`, { onLeak: "shrink" });
      const presented = provider === "apigateway" ? pairOf(made) : { key: tokenOf(made) };
      await world.fromScanner([{ key: provider === "apigateway" ? pairOf(made) : tokenOf(made) }]);
      const { body } = await facade.call("GET", path);
      expect(body).toMatchObject({ key: { status: "enabled", scope: { models: [], endpoints: [] } } });
      expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "shrunk" }]);
      for (const use of [{}, { model: "m" }, { endpoint: "e" }, { model: "m", endpoint: "e" }]) {
        expect((await verifier.verify({ ...presented, ...use })).valid).toBe(false);
      }
      // Somebody mends it by saying what it shall be good for.
      const scope = { models: ["m"], endpoints: provider === "tokenhub" ? ["ep-1"] : "all" };
      const mended = await facade.call("PATCH", path, { scope }, { headers: { "if-match": "*" } });
      expect([mended.status, mended.text]).toEqual([200, expect.any(String)]);
      expect((await verifier.verify({ ...presented, model: "m", endpoint: "ep-1" })).valid).toBe(true);
    }
  });

  it("shrink: and the services' own clients see a key that is good for nothing", async () => {
    const [aione, hub] = [await facade.create("aione"), await facade.create("tokenhub")];
    await policy("account", { onLeak: "shrink" });
    await world.fromScanner([{ key: tokenOf(aione) }, { key: tokenOf(hub) }]);
    await policy("account", { onLeak: null });
    const client = sdkClient(world.keyway);
    const own = { ApiKeyId: hub.key.id, Platform: "maas" };
    expect(await client.DescribeApiKey(own)).toMatchObject({
      BindType: "model_custom_endpoint_custom",
      BindingItems: [],
    });
    expect(await codeCaught(client.DescribeApiKeyList({}))).toBe("no error");
    expect(await codeCaught(client.ModifyApiKeyInfo({ ...own, Remark: "seen" }))).toBe("no error");
    const path = `/api/v1/gateway/keys/${aione.key.id}`;
    const read = await facade.call("GET", path);
    expect([read.status, read.body]).toMatchObject([200, { models_allowed: [] }]);
    expect((await facade.call("PUT", path, { models_allowed: ["gpt-5.4"] })).status).toBe(200);
  });

  it("rotate: with a short grace, which a second place of the same leak does not take away", async () => {
    const made = await facade.create("aione");
    await policy(`keys/aione/${made.key.id}`, { onLeak: "rotate", leakGraceSeconds: 60 });
    const token = tokenOf(made);
    const places = ["a", "b", "c"].map((name) => ({
      token,
      type: "aione_key",
      url: `https://example.com/${name}`,
    }));
    await world.fromGithub(places);
    const { body } = await facade.call("GET", `/v1/keys/aione/${made.key.id}`);
    const { key } = body as { key: { graceUntil: string; version: number; status: string } };
    expect([key.version, key.status]).toEqual([2, "enabled"]);
    expect(Date.parse(key.graceUntil)).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await codeOf({ key: token })).toBe("VALID");
    expect((await rowsOf(made.key.id)).map(({ outcome }) => outcome).toSorted()).toEqual([
      "ended",
      "ended",
      "rotated",
    ]);
    const { body: revealed } = await facade.call("POST", `/v1/keys/aione/${made.key.id}/reveal`);
    expect(await codeOf({ key: tokenOf(revealed as { material: unknown }) })).toBe("VALID");
  });

  it("rotate: at once without a grace, and disabled where only somebody could choose the next secret", async () => {
    const made = await facade.create("apigateway");
    const secret = `chosen_by_somebody_${Math.random().toString(36).slice(2)}`;
    const material = { kind: "pair", id: `id_${secret.slice(19, 27)}`, secret };
    const chosen = await facade.create("apigateway", { material });
    for (const { key } of [made, chosen]) {
      await policy(`keys/apigateway/${key.id}`, { onLeak: "rotate", leakGraceSeconds: 0 });
    }
    await world.fromScanner([{ key: pairOf(made).secret }, { key: secret }]);
    expect(await codeOf(pairOf(made))).toBe("NOT_FOUND");
    expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "rotated" }]);
    expect(await codeOf({ id: material.id, secret })).toBe("DISABLED");
    expect(await rowsOf(chosen.key.id)).toMatchObject([{ outcome: "disabled" }]);
  });

  it("ends the grace of a replaced secret, and leaves the key its present one", async () => {
    const made = await facade.create("aione");
    const { body } = await facade.call("POST", `/v1/keys/aione/${made.key.id}/rotate`, { grace: 86_400 });
    const present = tokenOf(body as { material: unknown });
    expect(await codeOf({ key: tokenOf(made) })).toBe("VALID");
    await world.fromScanner([{ key: tokenOf(made) }]);
    expect([await codeOf({ key: tokenOf(made) }), await codeOf({ key: present })]).toEqual([
      "NOT_FOUND",
      "VALID",
    ]);
    expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "grace_ended" }]);
    const read = await facade.call("GET", `/v1/keys/aione/${made.key.id}`);
    expect(read.body).toMatchObject({ key: { graceUntil: null, status: "enabled" } });
    // The receipt of the rotation had said a later time.
    const receipts = await facade.call("GET", `/v1/receipts?key=${made.key.id}`);
    const { items } = receipts.body as { items: readonly { generation: number; stoppedAt: string }[] };
    expect(items).toMatchObject([
      { generation: 1, cause: "grace_ended", evidence: "commit" },
      { generation: 1, cause: "grace_ended", evidence: "commit" },
    ]);
    expect(Date.parse(items[0]?.stoppedAt ?? "")).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(items[1]?.stoppedAt ?? "")).toBeGreaterThan(Date.now());
  });

  it("is the one of the account for keys of another account", async () => {
    const tenant = await issueAccount(world.keyway);
    await policy("account", { onLeak: "notify" }, tenant.token);
    const [mine, theirs] = [
      await facade.create("aione"),
      await facade.create("aione", {}, { token: tenant.token }),
    ];
    await world.fromScanner([{ key: tokenOf(mine) }, { key: tokenOf(theirs) }]);
    expect(await codeOf({ key: tokenOf(mine) })).toBe("DISABLED");
    expect(await codeOf({ key: tokenOf(theirs) }, tenant.token)).toBe("VALID");
  });
});

describe("a report again", () => {
  it("is one row, and acts once: a key that was enabled again stays so", async () => {
    const made = await facade.create("aione");
    const leak = [{ token: tokenOf(made), type: "aione_key", url: "https://example.com/x" }];
    await world.fromGithub(leak);
    await facade.call("POST", `/v1/keys/aione/${made.key.id}/enable`);
    for (let time = 0; time < 3; time++) await world.fromGithub(leak);
    expect(await codeOf({ key: tokenOf(made) })).toBe("VALID");
    expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "disabled", count: 4 }]);
    // Somewhere else it leaked anew.
    await world.fromGithub([{ ...leak[0], url: "https://example.com/y" }]);
    expect(await codeOf({ key: tokenOf(made) })).toBe("DISABLED");
  });

  it("acts on a key that was off, or only noted, when it came before", async () => {
    const [off, noted] = [await facade.create("aione"), await facade.create("aione")];
    const path = `/v1/keys/aione/${off.key.id}`;
    await facade.call("POST", `${path}/disable`);
    await world.fromAnybody({ key: tokenOf(off) });
    await facade.call("POST", `${path}/enable`);
    await policy(`keys/aione/${noted.key.id}`, { onLeak: "notify" });
    await world.fromAnybody({ key: tokenOf(noted) });
    await policy(`keys/aione/${noted.key.id}`, { onLeak: null });
    for (const made of [off, noted]) {
      const key = tokenOf(made);
      expect(await codeOf({ key })).toBe("VALID");
      await world.fromAnybody({ key });
      expect(await codeOf({ key })).toBe("DISABLED");
      // From then on it has acted.
      await facade.call("POST", `/v1/keys/aione/${made.key.id}/enable`);
      await world.fromAnybody({ key });
      expect(await codeOf({ key })).toBe("VALID");
    }
    expect(await rowsOf(off.key.id)).toMatchObject([
      { outcome: "disabled", count: 2 },
      { outcome: "ended", count: 1 },
    ]);
  });

  it("by the same delivery is not even counted", async () => {
    const made = await facade.create("aione");
    for (let time = 0; time < 3; time++)
      await world.fromScanner([{ key: tokenOf(made) }], { id: "msg_same" });
    expect(await rowsOf(made.key.id)).toMatchObject([{ count: 1 }]);
  });

  it("tells by its fingerprint that it is of the same secret, by whomever it came", async () => {
    const [one, two] = [await facade.create("aione"), await facade.create("aione")];
    await world.fromScanner([{ key: tokenOf(one) }, { key: tokenOf(two) }]);
    await world.fromAnybody({ key: tokenOf(one) });
    const prints = (of: readonly Row[]) => new Set(of.map(({ fingerprint }) => fingerprint));
    const [ofOne, ofTwo] = [await rowsOf(one.key.id), await rowsOf(two.key.id)];
    expect([ofOne.length, prints(ofOne).size, prints([...ofOne, ...ofTwo]).size]).toEqual([2, 1, 2]);
  });

  it("of a dead key is only recorded", async () => {
    const made = await facade.create("aione");
    await facade.call("POST", `/v1/keys/aione/${made.key.id}/disable`);
    await world.fromScanner([{ key: tokenOf(made) }]);
    expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "ended" }]);
    const { body } = await facade.call("GET", `/v1/keys/aione/${made.key.id}`);
    expect(body).toMatchObject({ key: { version: 2 } });
  });

  it("at two servers of one store at one moment ends the key once", async () => {
    const other = await world.beside();
    const keys = await Promise.all(Array.from({ length: 6 }, () => facade.create("aione")));
    await Promise.all(
      keys.flatMap((made) =>
        [world.keyway.url, other.url].map((url) =>
          fetch(`${url}/v1/leaks`, {
            method: "POST",
            headers: { "content-type": "application/json", "x-forwarded-for": newAddress() },
            body: JSON.stringify({ key: tokenOf(made) }),
          }),
        ),
      ),
    );
    for (const made of keys) {
      expect(await codeOf({ key: tokenOf(made) })).toBe("DISABLED");
      expect(await rowsOf(made.key.id)).toMatchObject([{ outcome: "disabled" }]);
      const types = (await eventsOf(`aione/${made.key.id}`)).map(({ type }) => type);
      expect(types).toEqual(["key.created", "key.disabled", "leak.reported"]);
    }
    await other.stop();
  });

  it("by many at one moment, from several senders, ends the key once", async () => {
    const made = await facade.create("aione");
    const key = tokenOf(made);
    await Promise.all(
      Array.from({ length: 12 }, (_, place) =>
        place % 3 === 0
          ? world.fromGithub([{ token: key, type: "aione_key", url: `https://example.com/${place % 2}` }])
          : place % 3 === 1
            ? world.fromScanner([{ key }])
            : world.fromAnybody({ key }),
      ),
    );
    expect(await codeOf({ key })).toBe("DISABLED");
    const kept = await rowsOf(made.key.id);
    expect(kept.filter(({ outcome }) => outcome === "disabled")).toHaveLength(1);
    expect(kept).toHaveLength(4);
    const changes = (await eventsOf(`aione/${made.key.id}`)).filter(({ type }) => type === "key.disabled");
    expect(changes).toHaveLength(1);
  });
});
