import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { issueCredential } from "../support/facade.ts";
import { facadeOf, leastBody, type ProviderName, providerNames } from "../support/facade-client.ts";
import { type Pair, startPair, upstreamName } from "../support/upstream.ts";

/**
 * As in the other canary: secrets of every provider, embedded and upstream, go through every call of the facade. They
 * may stand in the replies that are made to carry them, and nowhere else.
 */

let pair: Pair;
const secrets = new Set<string>();
const others: string[] = [];
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

const textsOf = (material: unknown): readonly string[] => {
  if (typeof material !== "object" || material === null) return [];
  return Object.entries(material).flatMap(([name, value]) =>
    typeof value === "string" && ["value", "secret", "secretId", "secretKey"].includes(name)
      ? [value]
      : textsOf(value),
  );
};
const marked = (): string =>
  `CANARY_${Math.random().toString(36).slice(2)}_${Math.random().toString(36).slice(2)}`;

const materials: Readonly<Record<ProviderName, () => object>> = {
  tokenhub: () => ({ kind: "token", value: marked() }),
  apigateway: () => ({ kind: "pair", id: `id_${Math.random().toString(36).slice(2)}`, secret: marked() }),
  csip: () => ({ kind: "fields", fields: [{ name: "password", value: marked() }] }),
  aione: () => ({ kind: "token", value: marked() }),
};

const carry = async (
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<Record<string, unknown>> => {
  const reply = await pair.facade.call(method, path, body, { headers });
  const told = reply.body as Record<string, unknown>;
  if (reply.status >= 400) others.push(reply.text);
  else for (const text of textsOf(told.material)) secrets.add(text);
  return told;
};
const plain = async (
  method: string,
  path: string,
  body?: unknown,
  headers = {},
  token?: string,
): Promise<void> => {
  const reply = await pair.facade.call(method, path, body, { headers, ...(token && { token }) });
  others.push(reply.text);
};

const throughAll = async (service: ProviderName, provider: string): Promise<void> => {
  const material = materials[service]();
  for (const text of textsOf(material)) secrets.add(text);
  const headers = { "idempotency-key": `${provider}-1` };
  const brought = { provider, name: "canary", material };
  const made = await carry("POST", "/v1/keys", brought, headers);
  await carry("POST", "/v1/keys", brought, headers);
  await plain("POST", "/v1/keys", { ...brought, name: "another" }, headers);
  await plain("POST", "/v1/keys", { ...brought, material: { ...material, extra: marked() } });
  await plain("POST", "/v1/keys", { ...brought, material: Object.values(material) });
  await plain("POST", "/v1/keys", { ...brought, [textsOf(material)[0] ?? "x"]: material });
  await plain("POST", "/v1/keys", { provider, name: material });
  const own = await carry("POST", "/v1/keys", { provider, name: "canary", ...leastBody[service] });
  const { id } = ((made.key ?? own.key) as { id: string } | undefined) ?? { id: "none" };
  const path = `/v1/keys/${provider}/${id}`;
  await plain("GET", path);
  await plain("GET", `/v1/keys?provider=${provider}`);
  await plain("GET", `/v1/keys?q=${textsOf(material)[0]}`);
  await plain("PATCH", path, { material }, { "if-match": "*" });
  await plain("PATCH", path, { tags: { a: "b" } }, { "if-match": "*" });
  await carry("POST", `${path}/reveal`);
  const viewer = await issueCredential(pair.keyway, "viewer");
  await plain("POST", `${path}/reveal`, undefined, {}, viewer.token);
  await carry("POST", `${path}/rotate`, { material: materials[service](), reason: "a test" });
  await carry("POST", `${path}/rotate`, {}, { "idempotency-key": `${provider}-2` });
  await carry("POST", `${path}/rotate`, {}, { "idempotency-key": `${provider}-2` });
  await plain("POST", `${path}/rotate`, { material: { kind: "none", value: marked() } });
  await plain("POST", "/v1/keys:batch", {
    operations: [{ op: "create", body: { provider, name: "n", material: { kind: material } } }],
  });
  await plain("POST", `${path}/disable`);
  await plain("POST", `${path}/enable`);
  await plain("DELETE", `${path}?confirm=${textsOf(material)[0]}`);
  await plain("POST", `${path}/disable`);
  await plain("DELETE", `${path}?confirm=${id}`);
  if (provider !== service) await plain("POST", `/v1/providers/${provider}/sync`);
};

it("no secret of any provider is anywhere but in the replies that carry it", {
  timeout: 60_000,
}, async () => {
  for (const service of providerNames) {
    await throughAll(service, service);
    await throughAll(service, upstreamName(service));
  }
  await facadeOf(pair.real).create("csip");
  await plain("GET", "/v1/audit?limit=100");
  await plain("GET", "/v1/audit/refusals");
  await plain("GET", "/v1/providers");
  const { keyway } = pair;
  await keyway.house.refusals.flush();

  expect(secrets.size).toBeGreaterThan(15);
  const haystacks: readonly (readonly [name: string, text: string])[] = [
    ["a reply", others.join("\n")],
    ["the log", keyway.log()],
    ...readdirSync(keyway.folder).map(
      (file) => [file, readFileSync(join(keyway.folder, file), "latin1")] as const,
    ),
  ];
  for (const secret of [...secrets, pair.real.root.secretKey, pair.real.root.token]) {
    for (const [name, text] of haystacks) {
      if (text.includes(secret)) throw new Error(`a secret stands in ${name}`);
    }
  }
});
