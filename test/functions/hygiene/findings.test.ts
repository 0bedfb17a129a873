import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { findingWrite } from "../../../lib/findings/finding.ts";
import type { Finding } from "../../../lib/schemas/hygiene.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf, type Issued } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { secretOf, spend } from "../../support/usage.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const start = Date.parse("2026-07-01T12:00:00.000Z");
const dayMs = 86_400_000;
const setDay = (days: number): void => void vi.setSystemTime(start + days * dayMs);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Page {
  readonly items: readonly Finding[];
  readonly nextCursor: string | null;
  readonly warnings: readonly unknown[];
}
const page = async (token: string, query: Record<string, string> = {}): Promise<Page> => {
  const reply = await facade.call("GET", `/v1/hygiene?${new URLSearchParams(query)}`, undefined, { token });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  return reply.body as Page;
};
const found = async (token: string, query: Record<string, string> = {}): Promise<readonly string[]> =>
  (await page(token, query)).items.map(({ rule, id }) => `${rule} ${id}`);
const rulesOf = async (token: string, { key: { id } }: Issued): Promise<readonly Finding["rule"][]> =>
  (await page(token)).items.filter((one) => one.id === id).map(({ rule }) => rule);

const mend = async (token: string, { fix }: Finding, fill: Readonly<Record<string, unknown>> = {}) => {
  const body = Object.entries(fill).reduce<unknown>(
    (whole, [path, value]) => filled(whole, path.split("."), value),
    fix.body,
  );
  expect(Object.keys(fill).toSorted()).toEqual(fix.fill.toSorted());
  const sent = fix.body === null ? undefined : body;
  const reply = await facade.call(fix.method, fix.path, sent, {
    token,
    headers: { "if-match": fix.ifMatch ?? "*" },
  });
  expect([reply.status, reply.text]).toEqual([
    expect.toSatisfy((status) => status < 300),
    expect.any(String),
  ]);
};
const filled = (whole: unknown, [name = "", ...rest]: readonly string[], value: unknown): unknown => ({
  ...(whole as object),
  [name]: rest.length === 0 ? value : filled(Reflect.get(whole as object, name), rest, value),
});

/** Nothing that any rule has a word about. */
const tidy = { scope: { models: ["gpt-5.4"] }, ipAllowlist: ["192.0.2.0/24"] };

describe("findings", () => {
  it.each([
    ["too_old", "aione", tidy, 90],
    ["unused", "aione", tidy, 90],
    ["select_all_scope", "aione", { ipAllowlist: ["192.0.2.7"] }, 0],
    ["select_all_scope", "tokenhub", { ipAllowlist: ["192.0.2.7"] }, 0],
    ["no_allowlist", "tokenhub", { scope: { models: ["gpt-5.4"], endpoints: [] } }, 0],
    ["too_old", "tokenhub", { scope: { models: ["a"], endpoints: [] }, ipAllowlist: ["192.0.2.7"] }, 90],
    ["too_old", "apigateway", { scope: { models: [], endpoints: ["a"] }, ipAllowlist: ["192.0.2.7"] }, 90],
  ] as const)("%s of %s is found, and mended by its call", async (rule, provider, body, days) => {
    const { token } = await issueAccount(keyway);
    const made = await facade.create(provider, body, { token });
    if (days > 0) {
      setDay(days - 0.01);
      expect(await rulesOf(token, made)).toEqual([]);
      setDay(days);
    }
    const finding = (await page(token)).items.find((one) => one.rule === rule && one.id === made.key.id);
    if (finding === undefined) throw new Error(`no ${rule} was found`);
    const values: Record<string, unknown> = { ipAllowlist: ["198.51.100.0/24"], "scope.models": ["gpt-5.4"] };
    const fill = Object.fromEntries(finding.fix.fill.map((name) => [name, values[name]]));
    await mend(token, finding, fill);
    expect(await rulesOf(token, made)).not.toContain(rule);
  });

  it.each([
    [
      "csip",
      { material: { kind: "fields", fields: [{ name: "Token", value: "the first secret" }] } },
      () => ({ kind: "fields", fields: [{ name: "Token", value: "the next secret" }] }),
    ],
    [
      "apigateway",
      {
        native: { type: "manual" },
        material: { kind: "pair", id: "made_up_hygiene", secret: "made_up_secret_1" },
      },
      (id: string) => ({ kind: "pair", id, secret: "made_up_secret_2" }),
    ],
  ] as const)(
    "too_old of a secret that somebody chose in %s asks for the next one",
    async (provider, body, next) => {
      const { token } = await issueAccount(keyway);
      const made = await facade.create(provider, body, { token });
      setDay(90);
      const finding = (await page(token)).items.find(({ rule }) => rule === "too_old");
      expect(finding?.fix.fill).toEqual(["material"]);
      if (finding !== undefined) await mend(token, finding, { material: next(made.key.id) });
      expect(await rulesOf(token, made)).not.toContain("too_old");
    },
  );

  it("tell of a key that is kept while it is disabled, and that is mended by its end", async () => {
    const { token } = await issueAccount(keyway);
    const made = await facade.create("aione", {}, { token });
    setDay(100);
    await facade.call("POST", `/v1/keys/aione/${made.key.id}/disable`, undefined, { token });
    setDay(129.9);
    expect(await rulesOf(token, made)).toEqual([]);
    setDay(130);
    const [finding, ...others] = (await page(token)).items;
    expect([finding?.rule, others]).toEqual(["disabled_kept", []]);
    if (finding !== undefined) await mend(token, finding);
    expect((await facade.call("GET", "/v1/keys", undefined, { token })).body).toMatchObject({ items: [] });
  });

  it("tell of a key that is used for many purposes; narrowed to one, it is a finding no more", async () => {
    const { token } = await issueAccount(keyway);
    for (const [provider, name] of [
      ["tokenhub", "endpoint"],
      ["aione", "model"],
    ] as const) {
      const made = await facade.create(provider, { ipAllowlist: ["192.0.2.7"] }, { token });
      const own = facadeOf({ url: keyway.url, root: { ...keyway.root, token } });
      const call = (value: string) => spend(own, secretOf(made), { [name]: value, ip: "192.0.2.7" });
      for (const value of ["a", "b", "c", "a"]) await call(value);
      await keyway.house.verification?.usage.flush();
      await keyway.house.store.sumUpUsage();
      expect(await rulesOf(token, made)).toEqual(["select_all_scope"]);
      await call("d");
      await keyway.house.verification?.usage.flush();
      await keyway.house.store.sumUpUsage();
      const { items } = await page(token, { rule: "shared_purpose", provider });
      expect(items).toEqual([expect.objectContaining({ rule: "shared_purpose", id: made.key.id })]);
      expect(items[0]?.evidence).toContain("`a`, `b`, `c`, `d`");
      const before = (await page(token)).items.find((one) => one.rule === "select_all_scope");
      expect(JSON.stringify(before?.fix.body)).toContain('["a","b","c","d"]');
      if (items[0] !== undefined) await mend(token, items[0]);
      expect(await rulesOf(token, made)).toEqual([]);
      await facade.call("DELETE", `/v1/keys/${provider}/${made.key.id}?confirm=${made.key.id}`, undefined, {
        token,
      });
    }
  });

  it("tell of a key whose maker is gone", async () => {
    const { token } = await issueAccount(keyway);
    const maker = await issueCredential(keyway, "operator", { token });
    const made = await facade.create("tokenhub", {}, { token: maker.token });
    const other = await facade.create("aione", tidy, { token: maker.token });
    expect(await found(token, { rule: "owner_gone" })).toEqual([]);
    await facade.call("DELETE", `/v1/credentials/${maker.id}`, undefined, { token });
    const { items } = await page(token, { rule: "owner_gone" });
    expect(new Set(items.map(({ id }) => id))).toEqual(new Set([made.key.id, other.key.id]));
    for (const one of items)
      await mend(token, one, one.fix.fill.length > 0 ? { "owner.team": "its-heirs" } : {});
    expect(await found(token, { rule: "owner_gone" })).toEqual([]);
  });

  it("are of pages of keys, by provider and rule, and of nobody else's", async () => {
    const { token } = await issueAccount(keyway);
    const { token: stranger } = await issueAccount(keyway);
    const made = [];
    for (const provider of ["aione", "tokenhub", "aione", "apigateway", "aione"]) {
      made.push((await facade.create(provider, {}, { token })).key.id);
    }
    const all = (await page(token, { rule: "no_allowlist" })).items.map(({ id }) => id);
    expect(all.toSorted()).toEqual(made.toSorted());
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const next: Page = await page(token, {
        rule: "no_allowlist",
        limit: "2",
        ...(cursor !== "" && { cursor }),
      });
      expect(next.items.length).toBeLessThanOrEqual(2);
      paged.push(...next.items.flatMap(({ id }) => id ?? []));
      cursor = next.nextCursor;
    }
    expect(paged).toEqual(all);
    expect((await page(token, { rule: "no_allowlist", provider: "tokenhub" })).items).toHaveLength(1);
    expect(await page(stranger)).toEqual({ items: [], nextCursor: null, warnings: [] });
    const partly = await issueCredential(keyway, "viewer", { token, providers: ["tokenhub"] });
    expect((await page(partly.token)).items.every(({ provider }) => provider === "tokenhub")).toBe(true);
    const { nextCursor } = await page(token, { limit: "2" });
    const reply = await facade.call("GET", `/v1/hygiene?cursor=${nextCursor}`, undefined, {
      token: stranger,
    });
    expect([reply.status, reply.body]).toEqual([400, expect.objectContaining({ code: "cursor_invalid" })]);
  });

  it("are not about addresses where the account's own list stands over its keys", async () => {
    const { token } = await issueAccount(keyway);
    await facade.create("aione", {}, { token });
    const headers = { "if-match": "*" };
    await facade.call("PATCH", "/v1/allowlist", { ipAllowlist: ["192.0.2.0/24"] }, { token, headers });
    expect(await found(token, { rule: "no_allowlist" })).toEqual([]);
  });

  it("begin with what was written down, until it is mended, and for those alone who see its provider", async () => {
    const { token } = await issueAccount(keyway);
    const aione = await facade.create("aione", tidy, { token });
    const { id } = aione.key;
    const { account } = (aione.key as unknown as { owner: { account: AccountId } }).owner;
    const detail = "It leaked.";
    const told = [
      ["aione", id],
      ["aione", "gone"],
      [null, null],
    ] as const;
    for (const [place, [provider, key]] of told.entries()) {
      const fix = { method: "POST", path: `/v1/keys/aione/${id}/disable` } as const;
      const finding = { type: "leak.test", provider, key, detail, fix };
      const write = findingWrite(account, `subject-${place}`, finding, new Date().toISOString(), undefined);
      await keyway.house.store.progress([write]);
    }
    const { items } = await page(token);
    expect(items.map((one) => [one.rule, one.id])).toEqual([
      ["reported", null],
      ["reported", id],
    ]);
    expect(items[1]).toMatchObject({ severity: "high", provider: "aione", evidence: detail });
    expect(await found(token, { rule: "reported", provider: "aione" })).toEqual([`reported ${id}`]);
    expect(await found(token, { rule: "unused" })).toEqual([]);
    const paged: (string | null)[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const next: Page = await page(token, { limit: "1", ...(cursor !== "" && { cursor }) });
      paged.push(...next.items.map((one) => one.id));
      cursor = next.nextCursor;
    }
    expect(paged).toEqual([null, id]);
    const partly = await issueCredential(keyway, "viewer", { token, providers: ["tokenhub"] });
    expect(await page(partly.token)).toEqual({ items: [], nextCursor: null, warnings: [] });
    const [, second] = items;
    await facade.call("POST", second?.fix.path ?? "", undefined, { token });
    expect(await found(token, { rule: "reported" })).toEqual(["reported null"]);
  });

  it("follow the key's policy", async () => {
    const { token } = await issueAccount(keyway);
    const made = await facade.create("aione", tidy, { token });
    const headers = { "if-match": "*" };
    const policy = { rotateEveryDays: 10, disableUnusedDays: 20, expireAfterDays: 30 };
    await facade.call("PATCH", "/v1/policies/account", policy, { token, headers });
    setDay(10);
    expect(await rulesOf(token, made)).toEqual(["too_old"]);
    setDay(30);
    expect(await rulesOf(token, made)).toEqual(["past_expiry", "too_old", "unused"]);
  });
});

describe("an exception", () => {
  const except = (token: string, body: object, more: object = {}) =>
    facade.call(
      "POST",
      "/v1/hygiene/exceptions",
      { provider: "aione", reason: "a test", ...body },
      { token, ...more },
    );
  const until = (days: number): string => new Date(start + days * dayMs).toISOString();

  it("hides one rule of one key until its end, is listed and audited, and may be ended", async () => {
    const { token } = await issueAccount(keyway);
    const made = await facade.create("aione", {}, { token });
    const { id } = made.key;
    const both = ["select_all_scope", "no_allowlist"];
    expect(await rulesOf(token, made)).toEqual(both);
    expect((await except(token, { id, rule: "no_allowlist", until: until(10) })).status).toBe(201);
    expect((await except(token, { id, rule: "select_all_scope", until: until(20) })).status).toBe(201);
    expect(await rulesOf(token, made)).toEqual([]);
    const list = async () =>
      (await facade.call("GET", "/v1/hygiene/exceptions", undefined, { token })).body as { items: unknown[] };
    expect((await list()).items).toEqual([
      expect.objectContaining({ id, rule: "no_allowlist", until: until(10), reason: "a test" }),
      expect.objectContaining({ id, rule: "select_all_scope", until: until(20) }),
    ]);
    setDay(10);
    expect(await rulesOf(token, made)).toEqual(["no_allowlist"]);
    expect((await list()).items).toHaveLength(1);
    const end = () =>
      facade.call("DELETE", `/v1/hygiene/exceptions/aione/${id}/select_all_scope`, undefined, { token });
    expect((await end()).status).toBe(204);
    expect((await end()).status).toBe(404);
    expect(await rulesOf(token, made)).toEqual(both);
    const audit = await facade.call("GET", "/v1/audit", undefined, { token });
    for (const action of ["keyway:CreateException", "keyway:DeleteException"])
      expect(audit.text).toContain(action);
    const { account } = (made.key as unknown as { owner: { account: AccountId } }).owner;
    const events = (await keyway.house.store.readEvents(account, 0, 100)).filter(({ type }) =>
      type.startsWith("exception."),
    );
    expect(events.map(({ data }) => data)).toEqual([
      { provider: "aione", key: id, rule: "no_allowlist", until: until(10) },
      { provider: "aione", key: id, rule: "select_all_scope", until: until(20) },
      { provider: "aione", key: id, rule: "select_all_scope" },
    ]);
    expect(events.map(({ version }) => version)).toEqual(events.map(({ time }) => Date.parse(time)));
  });

  it.each([
    ["without an end", { until: undefined }, "until"],
    ["that has ended", { until: until(-1) }, "until"],
    ["for more than a year", { until: until(367) }, "until"],
    ["from no rule", { rule: "none" }, "rule"],
    ["without a reason", { reason: "" }, "reason"],
  ])("is not made %s", async (_, body, path) => {
    const { token } = await issueAccount(keyway);
    const { id } = (await facade.create("aione", {}, { token })).key;
    const reply = await except(token, { id, rule: "unused", until: until(1), ...body });
    expect([reply.status, reply.body]).toEqual([
      422,
      expect.objectContaining({ errors: [expect.objectContaining({ path })] }),
    ]);
  });

  it("is of one's own keys, and made by administrators; a cursor tells of no other provider", async () => {
    const { token } = await issueAccount(keyway);
    const { token: stranger } = await issueAccount(keyway);
    const { id } = (await facade.create("aione", {}, { token })).key;
    const body = { id, rule: "unused", until: until(1) };
    expect((await except(stranger, body)).status).toBe(404);
    const operator = await issueCredential(keyway, "operator", { token });
    expect((await except(operator.token, body)).status).toBe(403);
    const partly = await issueCredential(keyway, "admin", { token, providers: ["tokenhub"] });
    expect((await except(partly.token, body)).status).toBe(403);
    expect((await except(token, body)).status).toBe(201);
    const mine = (await facade.create("tokenhub", {}, { token })).key.id;
    expect((await except(token, { ...body, provider: "tokenhub", id: mine })).status).toBe(201);
    const list = await facade.call("GET", "/v1/hygiene/exceptions?limit=1", undefined, {
      token: partly.token,
    });
    expect(list.text).toContain(mine);
    expect(list.text).not.toContain("aione");
  });

  it("is made once, by however many at one moment", async () => {
    const { token } = await issueAccount(keyway);
    const { id } = (await facade.create("aione", {}, { token })).key;
    const rules = ["unused", "too_old", "no_allowlist", "select_all_scope"];
    const replies = await Promise.all(rules.map((rule) => except(token, { id, rule, until: until(1) })));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const list = await facade.call("GET", "/v1/hygiene/exceptions", undefined, { token });
    expect((list.body as { items: unknown[] }).items).toHaveLength(4);
  });
});
