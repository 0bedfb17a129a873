import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { operations } from "../../functions/operations.ts";
import { sdkKmsCalls } from "../../lib/sealing/kms-sdk-calls.ts";
import { kmsMasterKeys } from "../../lib/sealing/master-kms.ts";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import { type DynamoEngine, startDynamo } from "../support/dynamodb.ts";
import { callFacade, type FacadeReply } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { kmsClient, startKms, type TestKms } from "../support/kms.ts";
import { type Meter, metered } from "../support/metered.ts";
import { tableBelow } from "../support/tables.ts";

/** What each call of the facade takes of a table, as the engine counts it: the decision's own table, made anew. */

let engine: DynamoEngine;
let kms: TestKms;
let meter: Meter;
let keyway: TestKeyway;
beforeAll(async () => {
  // No row is of a minute that has just begun, and nothing is done by the clock while something is measured.
  vi.useFakeTimers({
    toFake: ["setInterval", "clearInterval", "Date"],
    now: new Date("2026-07-01T12:00:00.000Z"),
  });
  [engine, kms] = await Promise.all([startDynamo(), startKms()]);
  meter = metered(engine.calls());
  const table = await engine.createTable();
  keyway = await startKeyway({
    openStorage: async () => ({
      store: openDynamoStore(meter.calls, table),
      master: kmsMasterKeys(sdkKmsCalls(kmsClient(kms)), kms.keyId),
      verifierKeptMs: 5000,
    }),
  });
});
afterAll(async () => {
  vi.useRealTimers();
  await keyway.stop();
  await kms.stop();
  await engine.stop();
});

interface Made {
  readonly id: string;
  readonly token: string;
}

const made = async (body: object = {}): Promise<Made> => {
  const { key, material } = await facadeOf(keyway).create("aione", body);
  return { id: key.id, token: String(Reflect.get(material ?? {}, "value")) };
};
const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  callFacade(keyway, method, path, { ...(body === undefined ? {} : { body }), headers });
const ofKey =
  (method: string, what = "", body?: unknown) =>
  async (): Promise<Step> => {
    const { id } = await made();
    const path = `/v1/keys/aione/${id}${what.replace("{id}", id)}`;
    return () => call(method, path, body, { "if-match": "*" });
  };
const at = (method: string, path: string, body?: unknown) => async (): Promise<Step> => () =>
  call(method, path, body);
const verifying = (path: string, bodyOf: (key: Made) => unknown) => async (): Promise<Step> => {
  const key = await made();
  const verify = () => call("POST", path, bodyOf(key));
  await verify();
  return verify;
};

type Step = () => Promise<FacadeReply | undefined>;
type Prepare = () => Promise<Step>;

const newKey = { provider: "aione", name: "a-key" };
const limited = { limits: { requestsPerMinute: 1000, tokensPerMinute: null, tokenQuotas: [] } };
const today = "2026-07-01";
const settling = async (): Promise<Step> => {
  const { token } = await made(limited);
  const { body } = await call("POST", "/v1/verify?scope=partial", { key: token, cost: { tokens: 10 } });
  const id = String(Reflect.get(Object(body), "requestId"));
  return () => call("POST", `/v1/verify/${id}/settle`, { inputTokens: 5, outputTokens: 3 });
};
/** What was counted is written a second later, which must not be while something else is measured. */
const flush = async (): Promise<undefined> => {
  await keyway.house.verification?.usage.flush();
  return undefined;
};
const flushing = async (): Promise<Step> => {
  const verify = await verifying("/v1/verify?scope=partial", ({ token }) => ({ key: token }))();
  await flush();
  vi.setSystemTime(Date.now() + 1000);
  await verify();
  return flush;
};
/** So many that a page of 20 is followed by another. */
const listing = async (): Promise<Step> => {
  await Promise.all(Array.from({ length: 21 }, () => made()));
  return () => call("GET", "/v1/keys?provider=aione&limit=20");
};
/** The first reading of an account begins its chain. */
const revealing = async (): Promise<Step> => {
  const { id } = await made();
  const reveal = () => call("POST", `/v1/keys/aione/${id}/reveal`);
  await reveal();
  return reveal;
};
const credentialOf = async (): Promise<string> => {
  const { body } = await call("POST", "/v1/credentials", { name: "cost", role: "viewer" });
  return String(Reflect.get(Object(Reflect.get(Object(body), "credential")), "id"));
};

/** In the order of the document: its words, the operation that it is of, and what makes it ready to be measured. */
const rows: readonly (readonly [words: string, operation: string | null, prepare: Prepare])[] = [
  ["a verification", "VerifyKey", verifying("/v1/verify?scope=partial", ({ token }) => ({ key: token }))],
  [
    "of a key with a limit, exact",
    null,
    async () => {
      const { token } = await made(limited);
      const verify = () => call("POST", "/v1/verify?scope=partial", { key: token });
      await verify();
      return verify;
    },
  ],
  [
    "of ten, in one call",
    "VerifyKeys",
    verifying("/v1/verify:batch", ({ token }) => ({
      keys: Array.from({ length: 10 }, () => ({ key: token })),
    })),
  ],
  ["its settlement", "SettleVerification", settling],
  ["usage of a key, model and minute, once written", null, flushing],
  ["a key created", "CreateKey", at("POST", "/v1/keys", newKey)],
  [
    "with an Idempotency-Key",
    null,
    async () => () => call("POST", "/v1/keys", newKey, { "idempotency-key": `cost-${Math.random()}` }),
  ],
  ["read", "ReadKey", ofKey("GET")],
  ["changed", "ChangeKey", ofKey("PATCH", "", { description: "another" })],
  ["disabled", "DisableKey", ofKey("POST", "/disable")],
  [
    "enabled",
    "EnableKey",
    async () => {
      const { id } = await made();
      await call("POST", `/v1/keys/aione/${id}/disable`);
      return () => call("POST", `/v1/keys/aione/${id}/enable`);
    },
  ],
  ["rotated", "RotateKey", ofKey("POST", "/rotate", { grace: 3600 })],
  ["deleted", "DeleteKey", ofKey("DELETE", "?confirm={id}")],
  ["its secret revealed", "RevealKey", revealing],
  [
    "ten keys disabled in one call",
    "BatchKeys",
    async () => {
      const keys = await Promise.all(Array.from({ length: 10 }, () => made()));
      const operations = keys.map(({ id }) => ({ op: "disable", provider: "aione", id }));
      return () => call("POST", "/v1/keys:batch", { operations });
    },
  ],
  ["a page of 20 keys, of however many", "ListKeys", listing],
  [
    "a page of 20 kill receipts",
    "ListReceipts",
    async () => {
      const keys = await Promise.all(Array.from({ length: 21 }, () => made()));
      for (const { id } of keys) await call("POST", `/v1/keys/aione/${id}/disable`);
      return () => call("GET", "/v1/receipts?limit=20");
    },
  ],
  [
    "usage of a day, by hour",
    "ReadUsage",
    at("GET", `/v1/usage?step=hour&from=${today}T00:00:00Z&to=${today}T23:00:00Z`),
  ],
  ["the providers", "ListProviders", at("GET", "/v1/providers")],
  ["a page of 20 entries of the audit trail", "ListAudit", at("GET", "/v1/audit?limit=20")],
  ["a page of refusals", "ListRefusals", at("GET", "/v1/audit/refusals")],
  ["a checkpoint", "ReadCheckpoint", at("GET", "/v1/audit/checkpoint")],
  [
    "a credential created",
    "CreateCredential",
    at("POST", "/v1/credentials", { name: "cost", role: "viewer" }),
  ],
  [
    "removed",
    "DeleteCredential",
    async () => {
      const id = await credentialOf();
      return () => call("DELETE", `/v1/credentials/${id}`);
    },
  ],
  [
    "a page of three",
    "ListCredentials",
    async () => {
      await credentialOf();
      await credentialOf();
      return () => call("GET", "/v1/credentials?limit=3");
    },
  ],
  ["an account created", "CreateAccount", at("POST", "/v1/accounts", { name: "cost" })],
  ["a page of one account", "ListAccounts", at("GET", "/v1/accounts?limit=1")],
  ["the account's addresses read", "ReadAllowlist", at("GET", "/v1/allowlist")],
  [
    "and set",
    "ChangeAllowlist",
    async () => () => call("PATCH", "/v1/allowlist", { ipAllowlist: ["192.0.2.0/24"] }, { "if-match": "*" }),
  ],
];

/** What is called all the time, or may be; the other groups are a person's, now and then. */
const groups = /^\/v1\/(?:keys|verify|receipts|usage|audit|accounts|allowlist|credentials|providers)\b/;
/** Asked and answered by what the rows above have; or about a real system, and its number of keys. */
const exempt: readonly string[] = ["VerifyForwarded", "SyncProvider"];

it.each(rows.map(([words, , prepare]) => [words, prepare] as const))("%s", async (words, prepare) => {
  const document = readFileSync(join(import.meta.dirname, "../../docs/decisions/0008-dynamodb.md"), "utf8");
  const [, ...told] = tableBelow(document, "## What calls take").find(([name]) => name === words) ?? [];
  const step = await prepare();
  if (step !== flush) await flush();
  let reply: FacadeReply | undefined;
  const { read, write, calls } = await meter.during(async () => {
    reply = await step();
  });
  if (reply !== undefined)
    expect([reply.status, reply.text]).toEqual([
      expect.toSatisfy((status: number) => status < 300),
      expect.any(String),
    ]);
  expect([read, write, calls].join(" | ")).toBe(told.join(" | "));
});

it("every operation of these groups is in the table", () => {
  const named = rows.flatMap(([, operation]) => operation ?? []);
  const all = operations.filter(({ path }) => groups.test(path)).map(({ name }) => name);
  expect([...named, ...exempt].toSorted()).toEqual(all.toSorted());
});
