import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { afterEach, describe, expect, it } from "vitest";
import { Secret } from "../../../lib/keys/secret.ts";
import { bearerClient } from "../../../lib/providers/upstream/bearer.ts";
import { UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import { refusalOf } from "../../../lib/providers/upstream/refusal.ts";
import { tencentClient } from "../../../lib/providers/upstream/tencent.ts";

const secretId = "AKIDmadeupforthistest0000000000000000";
const secretKey = "made-up-secret-key-for-this-test";
const call = {
  surface: "tencent",
  action: "DescribeApiKey",
  input: { Platform: "maas", ApiKeyId: "ak-1" },
} as const;
const options = { reads: true, timeoutMs: 5000 } as const;
const minutes = (count: number): number => count * 60_000;

interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A real system that answers as told, and remembers what it was asked. */
const answering = async (
  answer: (received: Received, reply: ServerResponse, count: number) => void,
): Promise<{ readonly endpoint: string; readonly received: Received[] }> => {
  const received: Received[] = [];
  const server = createServer(async (incoming, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const one = { headers: incoming.headers, body: Buffer.concat(chunks).toString() };
    received.push(one);
    answer(one, reply, received.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
};

const envelope = (reply: ServerResponse, response: object): void =>
  void reply
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ Response: response }));

const pauses: number[] = [];
const effects = {
  clock: () => new Date(),
  random: () => 0,
  sleep: async (ms: number) => void pauses.push(ms),
};
const clientOf = (endpoint: string) =>
  tencentClient(
    {
      endpoint,
      service: "tokenhub",
      version: "2026-03-22",
      region: "ap-guangzhou",
      credential: { secretId, secretKey: new Secret(secretKey) },
    },
    effects,
  );
const failureOf = (promise: Promise<unknown>): Promise<UpstreamFailure> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as UpstreamFailure,
  );

/** The signature that the official SDK makes for what arrived, by the clock of the request itself. */
const officialSignature = ({ headers, body }: Received): string =>
  Sdk.default.sign3({
    method: "POST",
    url: `http://${String(headers.host).replace(/:\d+$/, "")}/`,
    payload: JSON.parse(body),
    timestamp: Number(headers["x-tc-timestamp"]),
    service: "tokenhub",
    secretId,
    secretKey,
    multipart: false,
    boundary: "",
    headers: {
      "Content-Type": String(headers["content-type"]),
      Host: String(headers.host).replace(/:\d+$/, ""),
    },
  } as Parameters<typeof Sdk.default.sign3>[0]);

describe("a call of API 3.0", () => {
  it("is signed as the official SDK signs it, and sends the bytes that were signed", async () => {
    const { endpoint, received } = await answering((_, reply) => envelope(reply, { RequestId: "r" }));
    await clientOf(endpoint).call(call, { ...options, traceparent: "00-1-2-01" });
    const [one] = received;
    if (one === undefined) throw new Error("nothing arrived");
    expect(one.headers.authorization).toBe(officialSignature(one));
    expect(one.headers).toMatchObject({
      "x-tc-action": "DescribeApiKey",
      "x-tc-version": "2026-03-22",
      "x-tc-region": "ap-guangzhou",
      "content-type": "application/json",
      traceparent: "00-1-2-01",
    });
  });

  it("learns the real system's clock from its date, at once, and keeps to it", async () => {
    const ahead = minutes(10);
    const { endpoint, received } = await answering(({ headers }, reply) => {
      const theirs = Date.now() + ahead;
      reply.setHeader("date", new Date(theirs).toUTCString());
      const late = Math.abs(theirs / 1000 - Number(headers["x-tc-timestamp"])) > 300;
      envelope(
        reply,
        late ? { Error: { Code: "AuthFailure.SignatureExpire", Message: "" } } : { RequestId: "r" },
      );
    });
    const client = clientOf(endpoint);
    const write = { ...call, action: "DeleteApiKey" };
    await client.call(write, { ...options, reads: false });
    await client.call(write, { ...options, reads: false });
    expect(received).toHaveLength(3);
  });

  it("gives up on a clock that no date explains", async () => {
    const { endpoint, received } = await answering((_, reply) =>
      envelope(reply, { Error: { Code: "AuthFailure.SignatureExpire", Message: "" }, RequestId: "r-9" }),
    );
    const failure = await failureOf(clientOf(endpoint).call(call, options));
    expect(failure).toMatchObject({
      kind: "answered",
      code: "AuthFailure.SignatureExpire",
      requestId: "r-9",
    });
    expect(received).toHaveLength(2);
  });

  it.each([
    [
      "an error inside a 200",
      200,
      '{"Response":{"Error":{"Code":"ResourceNotFound","Message":"x"},"RequestId":"r-1"}}',
      "answered",
      "ResourceNotFound",
    ],
    [
      "a fault of the system's own",
      200,
      '{"Response":{"Error":{"Code":"InternalError.Db","Message":"x"},"RequestId":"r-1"}}',
      "unknown",
      "InternalError.Db",
    ],
    ["a refusal without a code", 200, '{"Response":{"Error":{"Message":"x"}}}', "answered", ""],
    ["no envelope", 200, '{"ok":true}', "unknown", "reply_unreadable"],
    ["a list for an envelope", 200, '{"Response":[]}', "unknown", "reply_unreadable"],
    ["a page of HTML", 200, "<html>", "unknown", "reply_unreadable"],
    ["a gateway's 502", 502, "bad gateway", "unknown", "http_502"],
    ["a firewall's 403", 403, "no", "answered", "http_403"],
    ["a way elsewhere", 307, "", "unknown", "redirected"],
  ] as const)("that is answered by %s fails so", async (_, status, text, kind, code) => {
    const { endpoint, received } = await answering((_one, reply) =>
      reply.writeHead(status, { location: "http://127.0.0.1:1/" }).end(text),
    );
    const failure = await failureOf(clientOf(endpoint).call(call, { ...options, reads: false }));
    expect(failure).toBeInstanceOf(UpstreamFailure);
    expect(failure).toMatchObject({ kind, code });
    expect(received).toHaveLength(1);
  });

  it("reads no reply that is larger than one can be", async () => {
    const { endpoint } = await answering((_, reply) => {
      reply.writeHead(200);
      const chunk = Buffer.alloc(1024 * 1024, "x");
      const push = (): void => {
        while (!reply.destroyed && reply.write(chunk));
        if (!reply.destroyed) reply.once("drain", push);
      };
      push();
    });
    const failure = await failureOf(clientOf(endpoint).call(call, { ...options, reads: false }));
    expect(failure).toMatchObject({ kind: "unknown", code: "reply_too_large" });
  });

  it("ends with its time, whatever the real system does", async () => {
    const { endpoint } = await answering((_, reply) => void reply.writeHead(200));
    const failure = await failureOf(clientOf(endpoint).call(call, { ...options, timeoutMs: 100 }));
    expect(failure).toMatchObject({ kind: "unknown", code: "timeout" });
  });

  it("that cannot be sent was not sent", async () => {
    const { endpoint } = await answering(() => undefined);
    servers[0]?.close();
    servers[0]?.closeAllConnections();
    const failure = await failureOf(clientOf(endpoint).call(call, { ...options, reads: false }));
    expect(failure).toMatchObject({ kind: "unsent", code: "connect_failed" });
  });

  it("waits as it was told, and no secret is in its failure", async () => {
    const token = "made-up-token-for-this-test";
    const { endpoint, received } = await answering((_, reply) =>
      reply.writeHead(429, { "retry-after": "2" }).end(`{"detail":"${token} ${secretKey}"}`),
    );
    pauses.length = 0;
    const rest = bearerClient({ endpoint, token: new Secret(token) }, effects);
    const failure = await failureOf(
      rest.call({ surface: "rest", method: "DELETE", path: "/x" }, { ...options, reads: false }),
    );
    expect(failure).toMatchObject({ kind: "answered", code: "http_429", status: 429 });
    expect(pauses).toEqual([2000, 2000, 2000]);
    expect(received).toHaveLength(4);
    const told = inspect([failure, refusalOf(failure, "p")], { depth: 12, showHidden: true });
    for (const secret of [token, secretKey, endpoint]) expect(told).not.toContain(secret);
  });
});

describe("a failure in words of ours", () => {
  it.each([
    ["ResourceNotFound.InvalidAccessKeyId", "answered", "not_found"],
    ["ResourceNotFound", "answered", "not_found"],
    ["http_404", "answered", "not_found"],
    ["FailedOperation.AccessKeyExist", "answered", "already_exists"],
    ["LimitExceeded.ApiKeyCountLimitExceeded", "answered", "key_limit_reached"],
    ["LimitExceeded.RequestLimitExceeded", "answered", "rate_limited"],
    ["RequestLimitExceeded.UinLimitExceeded", "answered", "rate_limited"],
    ["UnsupportedOperation.ResourceIsInUse", "answered", "in_use"],
    ["UnsupportedOperation.InvalidStatus", "answered", "state_unsuitable"],
    ["UnsupportedOperation.UnsupportedUpdateApiKey", "answered", "state_unsuitable"],
    ["InvalidParameter.FormatError", "answered", "field_value_invalid"],
    ["InvalidParameterValue.InvalidRegion", "answered", "field_value_invalid"],
    ["MissingParameter.MissingParameter", "answered", "field_value_invalid"],
    ["http_422", "answered", "field_value_invalid"],
    ["http_409", "answered", "state_unsuitable"],
    ["InvalidAction", "answered", "unsupported"],
    ["AuthFailure.SignatureFailure", "answered", "upstream_failed"],
    ["UnauthorizedOperation.CamNoAuth", "answered", "upstream_failed"],
    ["http_401", "answered", "upstream_failed"],
    ["FailedOperation.CamException", "answered", "upstream_failed"],
    ["timeout", "unknown", "upstream_timeout"],
    ["connection_lost", "unknown", "upstream_failed"],
    ["connect_failed", "unsent", "upstream_failed"],
    ["InternalError", "unknown", "upstream_failed"],
  ] as const)("%s is %s: %s", (code, kind, ours) => {
    const refusal = refusalOf(new UpstreamFailure({ kind, code, requestId: "r-1", status: 200 }), "p");
    expect(refusal.code).toBe(ours);
    expect(refusal.upstream).toEqual({ provider: "p", code, requestId: "r-1" });
  });
});
