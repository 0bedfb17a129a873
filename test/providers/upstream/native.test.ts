import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apigatewayClient } from "../../support/apigateway-client.ts";
import { csipClient } from "../../support/csip-client.ts";
import { callFacade, issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { send, sendSigned } from "../../support/raw.ts";
import { codeOf, sdkClient, ways } from "../../support/sdk.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** What reaches the real systems: passed on as it is. */
interface Seen {
  readonly action: string;
  readonly authorization: string;
  readonly body: string;
  readonly traceparent: string | undefined;
}
const seen: Seen[] = [];
const replies: string[] = [];
const wiretap = createServer(async (incoming, reply) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { "x-tc-action": action = `${incoming.method} ${incoming.url}`, authorization = "" } =
    incoming.headers;
  const traceparent = incoming.headers.traceparent?.toString();
  seen.push({ action: String(action), authorization, body: body.toString(), traceparent });
  const onward = request(
    `${target}${incoming.url}`,
    { method: incoming.method, headers: incoming.headers },
    async (head) => {
      const parts: Buffer[] = [];
      for await (const part of head) parts.push(part);
      replies.push(Buffer.concat(parts).toString());
      reply.writeHead(head.statusCode ?? 500, head.headers).end(Buffer.concat(parts));
    },
  );
  onward.end(body);
});

let target = "";
let pair: Pair;
beforeAll(async () => {
  await new Promise<void>((resolve) => wiretap.listen(0, "127.0.0.1", resolve));
  pair = await startPair({
    native: true,
    front: (url) => {
      target = url;
      return `http://127.0.0.1:${(wiretap.address() as AddressInfo).port}`;
    },
  });
});
afterAll(async () => {
  await pair.stop();
  wiretap.closeAllConnections();
  wiretap.close();
});

const create = { ApiKeyName: "passed-on", Platform: "maas", BindType: "all" };

describe("the official SDK, with a credential of Keyway's, reaches the real system", () => {
  it.each(ways)("by $signMethod and $reqMethod", async (way) => {
    const client = sdkClient(pair.keyway, way);
    const { ApiKeyId = "" } = await client.CreateApiKey({ ...create, Remark: "备注 & more=1" });
    const { ApiKey, Remark } = await client.DescribeApiKey({ Platform: "maas", ApiKeyId });
    expect(Remark).toBe("备注 & more=1");
    const there = await sdkClient(pair.real).DescribeApiKey({ Platform: "maas", ApiKeyId });
    expect(there.ApiKey).toBe(ApiKey);
    await client.DeleteApiKey({ Platform: "maas", ApiKeyId });
    expect(await codeOf(client.DescribeApiKey({ Platform: "maas", ApiKeyId }))).toContain("ResourceNotFound");
  });

  it("at API Gateway and Key Sandbox", async () => {
    const { Result } = await apigatewayClient(pair.keyway).CreateApiKey({ SecretName: "passed-on" });
    const { Result: there } = await apigatewayClient(pair.real).DescribeApiKey({
      AccessKeyId: Result?.AccessKeyId ?? "",
    });
    expect(there).toEqual(Result);
    const { key } = await facadeOf(pair.real).create("csip");
    const { CredentialName } = await csipClient(pair.keyway).DescribeKeySandboxCredential({
      CredentialId: key.id,
    });
    expect(CredentialName).toBe(key.name);
  });

  it("at AIone, by its own paths", async () => {
    const call = (method: string, path: string, body?: object) =>
      callFacade(pair.keyway, method, `/api/v1/gateway/keys${path}`, { ...(body && { body }) });
    const made = (await call("POST", "", { name: "passed-on" })).body as { id: string; key: string };
    expect(made.key).toMatch(/^sk-nex-/);
    expect((await call("PUT", `/${made.id}/disable`)).body).toMatchObject({ status: "disabled" });
    expect(await facadeOf(pair.real).call("GET", `/v1/keys/aione/${made.id}`)).toMatchObject({
      body: { key: { status: "disabled" } },
    });
    expect((await call("DELETE", `/${made.id}`)).status).toBe(204);
    const missing = await call("GET", `/${made.id}`);
    expect([missing.status, missing.body]).toEqual([
      404,
      expect.objectContaining({ detail: expect.any(String) }),
    ]);
  });
});

it("a query goes on with the path that reads one, written anew, and with no other", async () => {
  const reply = await callFacade(pair.keyway, "GET", "/api/v1/obs/dashboard?range_days=2&a=%26b%2f..");
  expect(seen.at(-1)?.action).toBe("GET /api/v1/obs/dashboard?range_days=2&a=%26b%2F..");
  expect([reply.status, reply.text]).toEqual([200, replies.at(-1)]);
  await callFacade(pair.keyway, "GET", "/api/v1/gateway/keys?range_days=2");
  expect(seen.at(-1)?.action).toBe("GET /api/v1/gateway/keys");
});

it("a signed body and its reply go byte for byte, signed anew with the provider's credential", async () => {
  const body = `{ "Platform":"maas",  "ApiKeyName":"spaced\\u4e2d",\n"BindType":"all" }`;
  const reply = await sendSigned(pair.keyway, "CreateApiKey", body, { version: "2026-03-22" });
  const last = seen.at(-1);
  expect(last?.body).toBe(body);
  expect(last?.authorization).toContain(`Credential=${pair.real.root.secretId}/`);
  expect(last?.authorization).not.toContain(pair.keyway.root.secretId);
  expect(reply.text).toBe(replies.at(-1));
});

it("the caller's trace goes on to the real system, from the facade and from native calls", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await facadeOf(pair.keyway).call("GET", "/v1/keys/tokenhub-real/none", undefined, { headers });
  expect(seen.at(-1)?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  await callFacade(pair.keyway, "GET", "/api/v1/gateway/keys", { headers });
  expect(seen.at(-1)?.traceparent).toContain(traceId);
});

it("what the real system refuses is answered in its own words", async () => {
  const reply = await sendSigned(pair.keyway, "CreateApiKey", '{"Platform":"maas"}', {
    version: "2026-03-22",
  });
  expect(reply.code).toBe("MissingParameter.MissingParameter");
  expect(reply.text).toBe(replies.at(-1));
});

describe("nothing reaches the real system", () => {
  const untouched = async (call: () => Promise<unknown>): Promise<void> => {
    const before = seen.length;
    await call();
    expect(seen).toHaveLength(before);
  };

  it("of a credential whose role lacks the permission", async () => {
    const credentials = await issueCredential(pair.keyway, "viewer");
    await untouched(async () => {
      const client = sdkClient(pair.keyway, { credentials });
      expect(await codeOf(client.CreateApiKey(create))).toContain("UnauthorizedOperation");
      const aione = await callFacade(pair.keyway, "POST", "/api/v1/gateway/keys", {
        body: { name: "n" },
        token: credentials.token,
      });
      expect(aione.status).toBe(403);
    });
    expect(
      await sdkClient(pair.keyway, { credentials }).DescribeApiKeyList({ Platform: "maas" }),
    ).toHaveProperty("TotalCount");
  });

  it("of a wrong signature, an unknown action, or the real system's own credential", async () => {
    await untouched(async () => {
      const root = { ...pair.keyway.root, secretKey: "another-secret-key-of-nobody" };
      expect(
        (await sendSigned({ ...pair.keyway, root }, "CreateApiKey", "{}", { version: "2026-03-22" })).code,
      ).toBe("AuthFailure.SignatureFailure");
      expect((await sendSigned(pair.keyway, "DropEverything", "{}", { version: "2026-03-22" })).code).toBe(
        "InvalidAction",
      );
      expect(await codeOf(sdkClient({ ...pair.keyway, root: pair.real.root }).CreateApiKey(create))).toBe(
        "AuthFailure.SecretIdNotFound",
      );
    });
  });

  it("of another account: to that one there is no such service", async () => {
    const stranger = await issueAccount(pair.keyway);
    await untouched(async () => {
      const client = sdkClient(pair.keyway, { credentials: stranger });
      expect(await codeOf(client.DescribeApiKeyList({ Platform: "maas" }))).toBe("NoSuchVersion");
      const token = { token: stranger.token };
      expect((await callFacade(pair.keyway, "GET", "/api/v1/gateway/keys", token)).status).toBe(404);
      const { items } = (await facadeOf(pair.keyway).call("GET", "/v1/providers", undefined, token)).body as {
        items: { mode: string }[];
      };
      expect(items.every(({ mode }) => mode === "embedded")).toBe(true);
      for (const path of ["/v1/keys/tokenhub-real/x", "/v1/keys?provider=tokenhub-real"]) {
        expect((await facadeOf(pair.keyway).call("GET", path, undefined, token)).status).toBe(404);
      }
    });
  });

  it("that a path of dots would lead elsewhere", async () => {
    await untouched(async () => {
      const headers = { authorization: `Bearer ${pair.keyway.root.token}`, host: pair.keyway.host };
      for (const id of ["%2e%2e", "..%2f..", "a%3fb", "%2e", "..", "a%00b"]) {
        for (const path of [`/api/v1/gateway/keys/${id}`, `/v1/keys/aione-real/${id}`]) {
          // By hand, because `fetch` itself follows dots.
          const reply = await send(pair.keyway, { method: "GET", path, headers });
          expect([path, reply.status]).toEqual([path, 404]);
        }
      }
    });
  });
});

it("every call is in the audit trail, a change by its intent and its outcome, and no secret with them", async () => {
  const client = sdkClient(pair.keyway);
  const { ApiKeyId = "" } = await client.CreateApiKey(create);
  const { ApiKey } = await client.DescribeApiKey({ Platform: "maas", ApiKeyId });
  const { items } = (await facadeOf(pair.keyway).call("GET", "/v1/audit?limit=3")).body as {
    items: { entry: { action: string; details: Record<string, unknown> } }[];
  };
  const [read, outcome, intent] = items.map(({ entry }) => entry);
  expect(read).toMatchObject({
    action: "keyway:ReadSecrets",
    details: { readings: [{ action: "tokenhub:DescribeApiKey" }] },
  });
  expect(JSON.stringify(read)).toContain(ApiKeyId);
  expect(outcome).toMatchObject({
    action: "tokenhub:CreateApiKey",
    details: { outcome: "answered", code: null },
  });
  expect(intent).toMatchObject({
    details: { intent: outcome?.details.intent, request: { ApiKeyName: "passed-on" } },
  });
  expect(JSON.stringify(items)).not.toContain(ApiKey ?? "no key");
});
