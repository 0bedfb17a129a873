import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hygieneJob } from "../../../functions/jobs/hygiene.ts";
import { sweepRound } from "../../../functions/jobs/sweep.ts";
import type { House } from "../../../lib/house.ts";
import { toldKind } from "../../../lib/hygiene/told.ts";
import { progressOf, wakeWalk, walkKind } from "../../../lib/hygiene/walk.ts";
import { leaseMs } from "../../../lib/jobs/job.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { tokenOf, verifierOf } from "../../support/verify-client.ts";

/** What hygiene finds of keys is told to endpoints when it is new and when it is over, once. */

let keyway: TestKeyway;
let other: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  other = await startKeyway({ folder: keyway.folder, root: keyway.root, keep: true });
  facade = facadeOf(keyway);
});
afterAll(async () => {
  await other.stop();
  await keyway.stop();
});

const start = Date.parse("2026-07-01T12:00:00.000Z");
const dayMs = 86_400_000;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

const walkOnce = async (house: House): Promise<void> => {
  const { clock, jobHealth: health } = house;
  await sweep({ store: house.store, clock, health }, [hygieneJob(house)], new Date(Date.now() + 50_000));
};
/** All that is due at this day: what one turn leaves, the next one does. */
const walkAt = async (days: number): Promise<void> => {
  vi.setSystemTime(start + days * dayMs);
  for (let turn = 0; turn < 4; turn++) await walkOnce(keyway.house);
};

const tenant = async () => {
  const made = (await facade.call("POST", "/v1/accounts", { name: "a tenant" })).body as {
    account: { id: AccountId };
    secrets: { token: string };
  };
  const account = made.account.id;
  const own = facadeOf({ url: keyway.url, root: { ...keyway.root, token: made.secrets.token } });
  let seq = 0;
  return {
    account,
    token: made.secrets.token,
    ...own,
    listen: async (body: object = {}): Promise<string> => {
      const reply = await own.call("POST", "/v1/webhooks", { url: "https://hooks.example.com/", ...body });
      expect(reply.status).toBe(201);
      return (reply.body as { webhook: { id: string } }).webhook.id;
    },
    /** What was told of findings since the last time that it was asked. */
    told: async (): Promise<readonly string[]> => {
      const events = await keyway.house.store.readEvents(account, seq, 1000);
      seq = events.at(-1)?.seq ?? seq;
      return events
        .filter(({ type }) => type.startsWith("finding."))
        .map(({ type, data }) => {
          const { rule, provider, key } = data as Record<string, string>;
          return `${type} ${rule} ${provider}/${key}`;
        })
        .toSorted();
    },
    /** As those see it who read it. */
    read: async (): Promise<readonly string[]> => {
      const { items } = (await own.call("GET", "/v1/hygiene?limit=100")).body as {
        items: readonly { rule: string; provider: string; id: string }[];
      };
      return items.map(({ rule, provider, id }) => `finding.opened ${rule} ${provider}/${id}`).toSorted();
    },
    memory: async (id: string) => keyway.house.store.readDocument(account, "aione", toldKind, id),
  };
};
type Tenant = Awaited<ReturnType<typeof tenant>>;

const patch = async ({ call }: Tenant, id: string, body: object): Promise<void> => {
  const reply = await call("PATCH", `/v1/keys/aione/${id}`, body, { headers: { "if-match": "*" } });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
};

/** Of the others nothing is found within the days of these tests. */
const tidy = { scope: { models: ["gpt-5.4"] }, ipAllowlist: ["192.0.2.0/24"] };

describe("a finding", () => {
  it("is told when it is new and when it is over, as it is read, and not once more each day", async () => {
    const mine = await tenant();
    await mine.listen();
    const { id } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    await mine.create("tokenhub");
    await mine.create("apigateway");
    await walkAt(0.1);
    const first = await mine.told();
    expect(first).toContain(`finding.opened no_allowlist aione/${id}`);
    expect(first).toEqual(await mine.read());
    await walkAt(1.2);
    await walkAt(2.3);
    expect(await mine.told()).toEqual([]);
    await patch(mine, id, { ipAllowlist: ["192.0.2.0/24"] });
    await walkAt(3.4);
    expect(await mine.told()).toEqual([`finding.ended no_allowlist aione/${id}`]);
    expect(await mine.memory(id)).toBeUndefined();
    await patch(mine, id, { ipAllowlist: [] });
    await walkAt(4.5);
    expect(await mine.told()).toEqual([`finding.opened no_allowlist aione/${id}`]);
  });

  it("by the uses of keys is told of where each key's are found by themselves, and read where they are not", async () => {
    const mine = await tenant();
    await mine.listen();
    const { key, material } = await mine.create("aione", {
      ...tidy,
      scope: { models: ["a", "b", "c", "d"] },
    });
    for (const model of ["a", "b", "c", "d"]) {
      const { verify } = verifierOf({ url: keyway.url, root: { ...keyway.root, token: mine.token } });
      expect(await verify({ key: tokenOf({ material }), model, ip: "192.0.2.1" })).toMatchObject({
        valid: true,
      });
    }
    await keyway.house.verification?.usage.flush();
    await keyway.house.store.sumUpUsage();
    const shared = [`finding.opened shared_purpose aione/${key.id}`];
    expect(await mine.read()).toEqual(shared);
    await walkAt(0.1);
    expect(await mine.told()).toEqual(keyway.house.store.findsUsageByKey() ? shared : []);
  });

  it("that comes with time alone is told of, and ends with the key, of which nothing is kept", async () => {
    const mine = await tenant();
    await mine.listen();
    const { id } = (await mine.create("aione", tidy)).key;
    await walkAt(89);
    expect(await mine.told()).toEqual([]);
    await walkAt(90.1);
    const found = ["too_old", "unused"].map((rule) => `${rule} aione/${id}`);
    expect(await mine.told()).toEqual(found.map((one) => `finding.opened ${one}`));
    expect(await mine.memory(id)).toBeDefined();
    expect((await mine.call("DELETE", `/v1/keys/aione/${id}?confirm=${id}`)).status).toBe(204);
    await walkAt(91.2);
    expect(await mine.told()).toEqual(found.map((one) => `finding.ended ${one}`));
    expect(await mine.memory(id)).toBeUndefined();
  });

  it("that is excepted is over, and opens again when the exception is", async () => {
    const mine = await tenant();
    await mine.listen();
    const { id } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    await walkAt(0.1);
    expect(await mine.told()).toEqual([`finding.opened no_allowlist aione/${id}`]);
    const until = new Date(start + 5 * dayMs).toISOString();
    const exception = { provider: "aione", id, rule: "no_allowlist", until, reason: "until the move" };
    expect((await mine.call("POST", "/v1/hygiene/exceptions", exception)).status).toBe(201);
    await walkAt(1.2);
    expect(await mine.told()).toEqual([`finding.ended no_allowlist aione/${id}`]);
    await walkAt(4);
    expect(await mine.told()).toEqual([]);
    await walkAt(5.5);
    expect(await mine.told()).toEqual([`finding.opened no_allowlist aione/${id}`]);
  });

  it("of the account's own allowlist ends for all its keys", async () => {
    const mine = await tenant();
    await mine.listen();
    const { id } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    await walkAt(0.1);
    await mine.told();
    const headers = { "if-match": "*" };
    await mine.call("PATCH", "/v1/allowlist", { ipAllowlist: ["192.0.2.0/24"] }, { headers });
    await walkAt(1.2);
    expect(await mine.told()).toEqual([`finding.ended no_allowlist aione/${id}`]);
  });

  it("is of its account alone, in the commit of its entry, and tells nothing of the key but which it is", async () => {
    const [mine, stranger] = [await tenant(), await tenant()];
    await mine.listen();
    await stranger.listen();
    const made = await mine.create("aione", { name: "name-of-mine", ipAllowlist: ["192.0.2.0/24"] });
    const { store } = keyway.house;
    const { seq: entry } = await store.readAuditHead(mine.account);
    const seq = await store.lastEventSeq(mine.account);
    await walkAt(0.1);
    const { id } = made.key;
    const finding = `select_all_scope/aione/${id}`;
    const [event, ...more] = await store.readEvents(mine.account, seq, 10);
    expect(event).toMatchObject({ type: "finding.opened", subject: `finding/${finding}` });
    expect(event?.data).toEqual({
      ...{ finding, rule: "select_all_scope", severity: "medium", provider: "aione", key: id },
    });
    expect(more).toEqual([]);
    expect((await store.readAuditHead(mine.account)).seq - entry).toBe(1);
    expect(await stranger.told()).toEqual([]);
  });
});

describe("a walk", () => {
  it("touches no key of an account in which nobody listens, and tells all of it when somebody does", async () => {
    const mine = await tenant();
    const { id } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    const open = `finding.opened no_allowlist aione/${id}`;
    await walkAt(1);
    const deaf = await mine.listen({ types: ["key.created"] });
    await walkAt(2);
    expect(await mine.told()).toEqual([]);
    expect(await mine.memory(id)).toBeUndefined();
    const body = { types: ["finding.opened"] };
    const headers = { "if-match": "*" };
    expect((await mine.call("PATCH", `/v1/webhooks/${deaf}`, body, { headers })).status).toBe(200);
    await walkAt(2.1);
    expect(await mine.told()).toEqual([open]);
    // Nobody listens for a while; what was found meanwhile is told to the next one.
    expect((await mine.call("DELETE", `/v1/webhooks/${deaf}`)).status).toBe(204);
    await walkAt(3.2);
    const { id: later } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    await walkAt(4.3);
    expect(await mine.told()).toEqual([]);
    await mine.listen();
    await walkAt(4.4);
    expect(await mine.told()).toEqual([`finding.opened no_allowlist aione/${later}`]);
  });

  it("that asks who listens while an endpoint is being made asks again a minute later", async () => {
    const mine = await tenant();
    const gone = await mine.listen();
    await walkAt(0.1);
    expect((await mine.call("DELETE", `/v1/webhooks/${gone}`)).status).toBe(204);
    const { id } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    const { house } = keyway;
    vi.setSystemTime(start + 1.2 * dayMs);
    let isMade = false;
    const listDocuments: Store["listDocuments"] = async (account, ...rest) => {
      const found = await house.store.listDocuments(account, ...rest);
      if (account === mine.account && !isMade) {
        isMade = true;
        await mine.listen();
      }
      return found;
    };
    await walkOnce({ ...house, store: { ...house.store, listDocuments } });
    vi.setSystemTime(start + 1.2 * dayMs + 60_000);
    await walkOnce(house);
    expect(await mine.told()).toEqual([`finding.opened no_allowlist aione/${id}`]);
  });

  it("is woken though it is looked at in that moment, and looked at again where the endpoint takes long", async () => {
    const mine = await tenant();
    await mine.listen({ types: ["key.created"] });
    await walkAt(0.1);
    await walkAt(0.2);
    const { store } = keyway.house;
    const dueIn = async (): Promise<number> => {
      const record = await store.readDocument(mine.account, "", walkKind, "walk");
      return Date.parse(record?.due ?? "") - Date.now();
    };
    expect(await dueIn()).toBeGreaterThan(0.5 * dayMs);
    vi.setSystemTime(start + 1.3 * dayMs);
    let isLooked = false;
    const readDocument: Store["readDocument"] = async (...place) => {
      const found = await store.readDocument(...place);
      if (!isLooked) {
        isLooked = true;
        await walkOnce(keyway.house);
      }
      return found;
    };
    await wakeWalk({ ...store, readDocument }, mine.account, new Date());
    expect(await dueIn()).toBeLessThanOrEqual(2000);
    vi.setSystemTime(Date.now() + 2000);
    await walkOnce(keyway.house);
    expect(await dueIn()).toBeLessThanOrEqual(60_000);
  });

  it("goes through many keys page by page, in two processes at once, and tells of each once", async () => {
    const mine = await tenant();
    const ids: string[] = [];
    for (let made = 0; made < 70; made++) {
      ids.push((await mine.create("aione", { ...tidy, ipAllowlist: [] })).key.id);
    }
    await mine.listen();
    const both = async (days: number): Promise<void> => {
      vi.setSystemTime(start + days * dayMs);
      const rounds = [sweepRound(keyway.house), sweepRound(other.house)];
      for (let turn = 0; turn < 4; turn++) await Promise.all(rounds.map((round) => round()));
    };
    await both(0.1);
    const all = ids.map((id) => `no_allowlist aione/${id}`).toSorted();
    expect(await mine.told()).toEqual(all.map((one) => `finding.opened ${one}`));
    for (const id of ids) {
      expect((await mine.call("DELETE", `/v1/keys/aione/${id}?confirm=${id}`)).status).toBe(204);
    }
    await both(1.2);
    expect(await mine.told()).toEqual(all.map((one) => `finding.ended ${one}`));
    const left = await keyway.house.store.listDocuments(mine.account, "aione", toldKind, "");
    expect(left).toEqual([]);
  });

  it.each(["before", "after"] as const)(
    "that stops %s a page is written goes on there when its lease is over, and tells nothing twice",
    async (moment) => {
      const mine = await tenant();
      const ids: string[] = [];
      for (let made = 0; made < 40; made++) {
        ids.push((await mine.create("aione", { ...tidy, ipAllowlist: [] })).key.id);
      }
      await mine.listen();
      vi.setSystemTime(start + 0.1 * dayMs);
      const { house } = keyway;
      const due = (await house.store.listDue(walkKind, new Date().toISOString(), 1000)).find(
        ({ account }) => account === mine.account,
      );
      if (due === undefined) throw new Error("it is not due");
      const stopped = Promise.withResolvers<void>();
      const commit: Store["commit"] = async (unit) => {
        if (moment === "after") await house.store.commit(unit);
        stopped.resolve();
        return new Promise(() => undefined);
      };
      const store = new Proxy(house.store, {
        get: (target, name: keyof Store) => (name === "commit" ? commit : target[name].bind(target)),
      });
      const held = {
        ...due,
        version: due.version + 1,
        due: new Date(Date.now() + leaseMs).toISOString(),
      };
      await house.store.progress([{ type: "replaceDocument", record: held, expectedVersion: due.version }]);
      await Promise.race([hygieneJob({ ...house, store }).run(held), stopped.promise]);
      await walkAt(0.1);
      const first = await mine.told();
      expect(first).toHaveLength(moment === "after" ? 29 : 0);
      vi.setSystemTime(start + 0.1 * dayMs + leaseMs + 1);
      for (let turn = 0; turn < 3; turn++) await walkOnce(other.house);
      const all = ids.map((id) => `finding.opened no_allowlist aione/${id}`).toSorted();
      expect([...first, ...(await mine.told())].toSorted()).toEqual(all);
    },
  );

  it("that meets what it cannot read tells of all else, and that it failed", async () => {
    const mine = await tenant();
    await mine.listen();
    const { id } = (await mine.create("aione", { ...tidy, ipAllowlist: [] })).key;
    const { store, jobHealth } = keyway.house;
    const place = { account: mine.account, provider: "tokenhub", kind: toldKind, id: "ak-1", region: "" };
    const record = { ...place, version: 1, body: { rules: "of another version" } };
    await store.progress([{ type: "insertDocument", record }]);
    for (let turn = 0; turn < 4; turn++) await walkAt(0.1 + (turn * leaseMs) / dayMs);
    expect(await mine.told()).toEqual([`finding.opened no_allowlist aione/${id}`]);
    expect(await jobHealth.faults()).toMatchObject([{ job: walkKind }]);
    await store.progress([{ type: "deleteDocument", record, expectedVersion: 1 }]);
    await walkAt(0.2);
    await walkAt(0.3);
    expect(await jobHealth.faults()).toEqual([]);
  });

  it("begins each pass a day after the one before, and asks for nothing in between", async () => {
    const mine = await tenant();
    await mine.listen();
    await walkAt(0.1);
    const progress = async () => {
      const record = await keyway.house.store.readDocument(mine.account, "", walkKind, "walk");
      if (record === undefined) throw new Error("there is no walk");
      return { ...progressOf(record), due: record.due };
    };
    const { pass, due } = await progress();
    expect(due).toBe(new Date(start + 1.1 * dayMs).toISOString());
    // Another endpoint is no reason for another walk.
    await mine.listen();
    await walkAt(0.9);
    expect((await progress()).pass).toBe(pass);
    await walkAt(1.2);
    expect((await progress()).pass).not.toBe(pass);
  });
});

describe("what was written down", () => {
  it("is told when it is reported, over when its key is off, open when that is on again, and ends with it", async () => {
    const mine = await tenant();
    await mine.listen();
    const chosen = { kind: "pair", id: "made_up_told_id", secret: "made_up_secret_of_20_x" };
    const native = { type: "manual" };
    const scope = { models: [], endpoints: ["a"] };
    const rest = { native, material: chosen, scope, ipAllowlist: ["192.0.2.7"] };
    const made = await mine.create("apigateway", rest);
    const { id } = made.key;
    const told = `leak.chosen_value apigateway/${id}`;
    const report = async (): Promise<void> => {
      const key = { id, secret: chosen.secret };
      expect((await mine.call("POST", "/v1/leaks", { key })).status).toBe(202);
    };
    await report();
    expect(await mine.told()).toEqual([`finding.opened ${told}`]);
    await report();
    await walkAt(0.1);
    expect(await mine.told()).toEqual([]);
    const put = (status: string) => mine.call("POST", `/v1/keys/apigateway/${id}/${status}`);
    expect((await put("disable")).status).toBe(200);
    await walkAt(1.2);
    expect(await mine.told()).toEqual([`finding.ended ${told}`]);
    expect((await put("enable")).status).toBe(200);
    expect(await mine.read()).toContain(`finding.opened reported apigateway/${id}`);
    await walkAt(2.3);
    expect(await mine.told()).toEqual([`finding.opened ${told}`]);
    expect((await put("disable")).status).toBe(200);
    expect((await mine.call("DELETE", `/v1/keys/apigateway/${id}?confirm=${id}`)).status).toBe(204);
    await walkAt(3.4);
    expect(await mine.told()).toEqual([`finding.ended ${told}`]);
    const page = { before: null, limit: 10 };
    expect(await keyway.house.store.listDocumentsBackwards(mine.account, "", "finding", page)).toEqual([]);
  });

  it("of a key that is gone is over, also where another one has its name by now", async () => {
    const mine = await tenant();
    await mine.listen();
    const make = async (secret: string): Promise<string> => {
      const material = { kind: "pair", id: "made_up_again_id", secret };
      const scope = { models: [], endpoints: ["a"] };
      const rest = { native: { type: "manual" }, material, scope, ipAllowlist: ["192.0.2.7"] };
      return (await mine.create("apigateway", rest)).key.id;
    };
    const secret = "made_up_secret_of_20_a";
    const id = await make(secret);
    expect((await mine.call("POST", "/v1/leaks", { key: { id, secret } })).status).toBe(202);
    const told = `leak.chosen_value apigateway/${id}`;
    expect(await mine.told()).toEqual([`finding.opened ${told}`]);
    vi.setSystemTime(start + 0.01 * dayMs);
    expect((await mine.call("POST", `/v1/keys/apigateway/${id}/disable`)).status).toBe(200);
    expect((await mine.call("DELETE", `/v1/keys/apigateway/${id}?confirm=${id}`)).status).toBe(204);
    expect(await make("made_up_secret_of_20_b")).toBe(id);
    expect(await mine.read()).not.toContain(`finding.opened reported apigateway/${id}`);
    await walkAt(0.1);
    expect(await mine.told()).toEqual([`finding.ended ${told}`]);
  });
});
