import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FacadeReply } from "../../support/facade.ts";
import { facadeOf, type Issued } from "../../support/facade-client.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

let pair: Pair;
let proxy: FaultProxy;
beforeAll(async () => {
  pair = await startPair({
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
});

/** Each service's own name for what the facade asks, as the proxy sees it. */
const names = {
  tokenhub: {
    create: "CreateApiKey",
    disable: "ModifyApiKeyStatus",
    change: "ModifyApiKeyInfo",
    delete: "DeleteApiKey",
    read: "DescribeApiKey",
  },
  apigateway: {
    create: "CreateApiKey",
    disable: "DisableApiKey",
    delete: "DeleteApiKey",
    rotate: "UpdateApiKey",
    read: "DescribeApiKey",
  },
  aione: {
    create: "POST /api/v1/gateway/keys",
    disable: "PUT /api/v1/gateway/keys/*",
    change: "PUT /api/v1/gateway/keys/*",
    delete: "DELETE /api/v1/gateway/keys/*",
    rotate: "PUT /api/v1/gateway/keys/*",
    read: "GET /api/v1/gateway/keys/*",
  },
} as const;
type Service = keyof typeof names;
const services = Object.keys(names) as readonly Service[];

let serial = 0;
const freshName = (): string => `faulty-${++serial}`;

const call: Pair["facade"]["call"] = (...of) => pair.facade.call(...of);
const create = (service: Service, name: string, headers = {}): Promise<FacadeReply> =>
  call("POST", "/v1/keys", { provider: `${service}-real`, name }, { headers });

/** The keys of this name that the real system has, as it tells itself. */
const really = async (service: Service, name: string): Promise<readonly { id: string; status: string }[]> => {
  const path = `/v1/keys?provider=${service}&q=${name}&limit=100`;
  const { items } = (await facadeOf(pair.real).call("GET", path)).body as {
    items: { id: string; name: string; status: string }[];
  };
  return items.filter((one) => one.name === name);
};

const realMaterial = async (service: Service, id: string): Promise<unknown> =>
  ((await facadeOf(pair.real).call("POST", `/v1/keys/${service}/${id}/reveal`)).body as { material: unknown })
    .material;

const trail = async (): Promise<string> => (await call("GET", "/v1/audit?limit=100")).text;

describe.each(services)("a creation at %s", (service) => {
  it.each<Fault>(["reset after", "half a reply", "500 after", "503 after", "not JSON after", "slow"])(
    "whose answer meets `%s` makes one key, and answers it with a secret that works",
    async (fault) => {
      const name = freshName();
      proxy.fail(names[service].create, fault);
      const reply = await create(service, name);
      expect([reply.status, reply.text]).toEqual([201, expect.any(String)]);
      const found = await really(service, name);
      const { key, material } = reply.body as Issued;
      expect(found.map(({ id }) => id)).toEqual([key.id]);
      expect(await realMaterial(service, key.id)).toEqual(material);
    },
  );

  it("that is throttled is sent again", async () => {
    const name = freshName();
    proxy.fail(names[service].create, "throttled", "throttled");
    expect((await create(service, name)).status).toBe(201);
    expect(await really(service, name)).toHaveLength(1);
  });

  it("that the system broke on before doing anything is told as failed", async () => {
    const name = freshName();
    proxy.fail(names[service].create, "500 before");
    const reply = await create(service, name);
    expect([reply.status, reply.body]).toEqual([502, expect.objectContaining({ code: "upstream_failed" })]);
    expect(await really(service, name)).toEqual([]);
  });

  it("that got lost on its way is told as unknown, and is not sent again behind the caller's back", async () => {
    const name = freshName();
    const headers = { "idempotency-key": name };
    proxy.fail(names[service].create, "reset before");
    const reply = await create(service, name, headers);
    expect([reply.status, reply.body]).toEqual([502, expect.objectContaining({ code: "outcome_unknown" })]);
    const again = await create(service, name, headers);
    expect([again.status, again.body]).toEqual([
      409,
      expect.objectContaining({ code: "idempotency_in_flight" }),
    ]);
    expect(await really(service, name)).toEqual([]);
    expect(await trail()).toContain('"outcome":"unknown"');
  });

  it("whose outcome is unknown is not taken for another call under its key", async () => {
    const name = freshName();
    const headers = { "idempotency-key": name };
    proxy.fail(names[service].create, "reset before");
    await create(service, name, headers);
    const other = await create(service, `${name}-b`, headers);
    expect([other.status, other.body]).toEqual([
      422,
      expect.objectContaining({ code: "idempotency_mismatch" }),
    ]);
    expect(await really(service, `${name}-b`)).toEqual([]);
  });

  it("that is answered late is found by whoever sends it again under its key", async () => {
    const name = freshName();
    const headers = { "idempotency-key": name };
    proxy.fail(names[service].create, "reset before");
    await create(service, name, headers);
    // The call that was lost arrives after all.
    await facadeOf(pair.real).create(service, { name });
    const again = await create(service, name, headers);
    expect(again.status).toBe(201);
    expect(await really(service, name)).toHaveLength(1);
    expect((await create(service, name, headers)).status).toBe(201);
    expect(await really(service, name)).toHaveLength(1);
  });

  it("beside a key of the same name makes one of its own", async () => {
    const name = freshName();
    expect((await create(service, name)).status).toBe(201);
    proxy.fail(names[service].create, "reset after");
    const reply = await create(service, name);
    expect(reply.status).toBe(201);
    const ids = (await really(service, name)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(ids).toContain((reply.body as Issued).key.id);
  });
});

describe.each(services)("a change at %s", (service) => {
  const made = async (): Promise<string> => {
    const { body } = await create(service, freshName());
    return `/v1/keys/${service}-real/${(body as Issued).key.id}`;
  };

  it.each<Fault>([
    "reset before",
    "reset after",
    "half a reply",
    "500 before",
    "500 after",
    "throttled",
    "slow",
    "untrue",
  ])("of status that meets `%s` is done when it is answered", async (fault) => {
    const path = await made();
    proxy.fail(names[service].disable, fault);
    const reply = await call("POST", `${path}/disable`);
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        key: expect.objectContaining({ status: "disabled" }),
        receipt: expect.objectContaining({ cause: "disabled", evidence: "none", stoppedAt: null }),
      },
    ]);
    const id = path.split("/").at(-1);
    expect((await facadeOf(pair.real).call("GET", `/v1/keys/${service}/${id}`)).body).toMatchObject({
      key: { status: "disabled" },
    });
  });

  it.each<Fault>(["reset before", "reset after", "half a reply", "500 after", "untrue"])(
    "that is a deletion and meets `%s` is done when it is answered",
    async (fault) => {
      const path = await made();
      const id = path.split("/").at(-1);
      if (service === "apigateway") await call("POST", `${path}/disable`);
      proxy.fail(names[service].delete, fault);
      expect((await call("DELETE", `${path}?confirm=${id}`)).status).toBe(204);
      expect((await facadeOf(pair.real).call("GET", `/v1/keys/${service}/${id}`)).status).toBe(404);
    },
  );

  it("is never called done while the system, whatever it says, has not done it", async () => {
    const path = await made();
    const id = path.split("/").at(-1);
    for (const [name, act] of [
      ["disable", () => call("POST", `${path}/disable`)],
      ["delete", () => call("DELETE", `${path}?confirm=${id}`)],
    ] as const) {
      proxy.fail(names[service][name], "untrue", "untrue");
      const reply = await act();
      expect([reply.status, reply.body]).toEqual([502, expect.objectContaining({ code: "outcome_unknown" })]);
      expect((await call("GET", path)).body).toMatchObject({ key: { status: "enabled" } });
    }
  });

  it("reads through faults", async () => {
    const path = await made();
    proxy.fail(names[service].read, "reset before", "500 before", "half a reply");
    expect((await call("GET", path)).status).toBe(200);
  });
});

it.each(["tokenhub", "aione"] as const)(
  "of changes of one key of %s at one moment, one has its version",
  async (service) => {
    const { key } = (await create(service, freshName())).body as Issued;
    const path = `/v1/keys/${service}-real/${key.id}`;
    const headers = { "if-match": `"${key.version}"` };
    const replies = await Promise.all(
      Array.from({ length: 6 }, (_, place) =>
        call("PATCH", path, { ipAllowlist: [`10.0.0.${place}`] }, { headers }),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412, 412, 412]);
  },
);

describe("a rotation", () => {
  it.each<Fault>(["reset after", "half a reply", "500 after"])(
    "at API Gateway whose answer meets `%s` answers the secret that works",
    async (fault) => {
      const { key } = (await create("apigateway", freshName())).body as Issued;
      proxy.fail("UpdateApiKey", fault);
      const reply = await call("POST", `/v1/keys/apigateway-real/${key.id}/rotate`);
      expect(reply.status).toBe(200);
      expect((reply.body as Issued).material).toEqual(await realMaterial("apigateway", key.id));
    },
  );

  it("at API Gateway takes a secret for a manual key alone, as the embedded one does", async () => {
    const secret = `chosen_${randomUUID().slice(0, 8)}`;
    for (const provider of ["apigateway", "apigateway-real"]) {
      const { key } = (await call("POST", "/v1/keys", { provider, name: "automatic" })).body as Issued;
      const before = proxy.passed.length;
      const material = { kind: "pair", id: key.id, secret };
      const reply = await call("POST", `/v1/keys/${provider}/${key.id}/rotate`, { material });
      expect([reply.status, reply.body]).toEqual([
        422,
        expect.objectContaining({ code: "field_value_invalid" }),
      ]);
      expect(proxy.passed.slice(before)).not.toContain("UpdateApiKey");
      expect(reply.text).not.toContain(secret);
    }
  });

  it("at AIone whose answer is lost is told as unknown: to rotate again would end the secret in use", async () => {
    const { key, material } = (await create("aione", freshName())).body as Issued;
    proxy.fail("PUT /api/v1/gateway/keys/*", "reset after");
    const rotated = proxy.passed.length;
    const reply = await call("POST", `/v1/keys/aione-real/${key.id}/rotate`);
    expect([reply.status, reply.body]).toEqual([502, expect.objectContaining({ code: "outcome_unknown" })]);
    expect(proxy.passed.slice(rotated).filter((name) => name.startsWith("PUT"))).toHaveLength(1);
    const { value } = material as unknown as { value: string };
    const models = await fetch(`${pair.real.url}/v1/models`, {
      headers: { authorization: `Bearer ${value}` },
    });
    expect(models.status).toBe(200);
  });
});

it("no secret and no address of the real systems is in any problem or log line", async () => {
  const log = pair.keyway.log();
  for (const text of [pair.real.root.secretKey, pair.real.root.token, proxy.url])
    expect(log).not.toContain(text);
});
