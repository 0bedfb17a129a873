import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { services } from "../../../lib/providers/services.ts";
import { apigatewayClient } from "../../support/apigateway-client.ts";
import { csipClient } from "../../support/csip-client.ts";
import { callFacade } from "../../support/facade.ts";
import { facadeOf, leastBody, type ProviderName, providerNames } from "../../support/facade-client.ts";
import { sdkClient } from "../../support/sdk.ts";
import { type Pair, type RealSystems, startPair, upstreamName } from "../../support/upstream.ts";

/** What the facade did, as the services' own clients see it: the official SDK, and plain fetch for AIone. */

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

interface Seen {
  readonly name: string | undefined;
  readonly enabled: boolean;
  readonly secret: unknown;
}

const looks: Readonly<Record<ProviderName, (keyway: RealSystems, id: string) => Promise<Seen>>> = {
  tokenhub: async (keyway, ApiKeyId) => {
    const { Name, Status, ApiKey } = await sdkClient(keyway).DescribeApiKey({ Platform: "maas", ApiKeyId });
    return { name: Name, enabled: Status === "enable", secret: ApiKey };
  },
  apigateway: async (keyway, AccessKeyId) => {
    const { Result } = await apigatewayClient(keyway).DescribeApiKey({ AccessKeyId });
    return { name: Result?.SecretName, enabled: Result?.Status === 1, secret: Result?.AccessKeySecret };
  },
  csip: async (keyway, CredentialId) => {
    const { CredentialName } = await csipClient(keyway).DescribeKeySandboxCredential({ CredentialId });
    return { name: CredentialName, enabled: true, secret: undefined };
  },
  aione: async (keyway, id) => {
    const reply = await callFacade(keyway, "GET", `/api/v1/gateway/keys/${id}`);
    if (reply.status !== 200) throw new Error(reply.text);
    const { name, status } = reply.body as { name: string; status: string };
    return { name, enabled: status === "active", secret: undefined };
  },
};

const secretOf = (material: unknown): unknown => {
  const { value, secret } = material as { value?: string; secret?: string };
  return value ?? secret;
};

/** Where the facade makes keys: of some real systems nobody but themselves does. */
const made = services.flatMap(({ profile, facing: { capabilities } }) =>
  providerNames
    .filter((service) => service === profile.service)
    .flatMap((service) => [
      [service, service, capabilities.embedded.operations] as const,
      [upstreamName(service), service, capabilities.upstream.operations] as const,
    ])
    .filter(([, , { create }]) => create !== "refused"),
);

it("keys are made at each embedded provider and at real systems", () => {
  const names = made.map(([provider]) => provider);
  expect(names).toEqual(expect.arrayContaining([...providerNames, upstreamName("aione")]));
});

describe.each(made)("a key that the facade made at %s", (provider, service, operations) => {
  it("is the same key there: made, revealed, rotated, disabled, enabled and deleted", async () => {
    const native = provider === service ? pair.keyway : pair.real;
    const call: Pair["facade"]["call"] = (...of) => pair.facade.call(...of);
    const body = { provider, name: "seen-by-both", ...leastBody[service] };
    const { key, material } = (await call("POST", "/v1/keys", body)).body as {
      key: { id: string };
      material: unknown;
    };
    let id = key.id;
    const look = (): Promise<Seen> => looks[service](native, id);
    const path = `/v1/keys/${provider}/${key.id}`;
    const first = await look();
    expect(first).toMatchObject({ name: "seen-by-both", enabled: true });
    if (first.secret !== undefined) expect(first.secret).toBe(secretOf(material));

    const rotated = await call("POST", `${path}/rotate`);
    // Where a successor took its place, the real system calls it by another id.
    const { native: own } = (rotated.body as { key?: { native?: { currentId?: string } } }).key ?? {};
    id = own?.currentId ?? id;
    if (rotated.status === 200 && first.secret !== undefined) {
      const after = await look();
      expect(after.secret).not.toBe(first.secret);
      expect(after.secret).toBe(secretOf((rotated.body as { material: unknown }).material));
    }
    for (const [action, enabled] of [
      ["disable", false],
      ["enable", true],
      ["disable", false],
    ] as const) {
      const reply = await call("POST", `${path}/${action}`);
      if (operations[action] === "refused") expect(reply.status).toBe(422);
      else expect([reply.status, (await look()).enabled]).toEqual([200, enabled]);
    }
    expect((await call("DELETE", `${path}?confirm=${key.id}`)).status).toBe(204);
    await expect(look()).rejects.toThrow();
  });
});

it.each([1, 6, 7, 8, 10, 12, 13, 15])(
  "a preview shows little of a Key Sandbox value of %i characters, wherever the credential is kept",
  async (length) => {
    const value = "Zq7-Xw9_Kd3+Rt5".slice(0, length);
    const material = { kind: "fields", fields: [{ name: "password", value }] };
    const mine = await pair.facade.create("csip", { material });
    const theirs = (await facadeOf(pair.real).create("csip", { material })).key.id;
    const read = await pair.facade.call("GET", `/v1/keys/${upstreamName("csip")}/${theirs}`);
    const { key } = read.body as { key: { preview: string } };
    expect(mine.key.preview).toBe(
      length < 13 ? "password=***" : `password=${value.slice(0, 3)}***${value.slice(-4)}`,
    );
    // How long it is, the mask of the real system does not tell.
    expect(key.preview).toBe(length < 7 ? "password=***" : `password=${value.slice(0, 3)}***`);
  },
);
