import { inspect } from "node:util";
import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { afterEach, describe, expect, it } from "vitest";
import { Secret } from "../../../lib/keys/secret.ts";
import { bearerClient } from "../../../lib/providers/upstream/bearer.ts";
import { UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import { refusalOf } from "../../../lib/providers/upstream/refusal.ts";
import {
  answering,
  describeKey as call,
  clientOf,
  effectsOf,
  envelope,
  failureOf,
  minutes,
  type Received,
  secretId,
  secretKey,
  stopRealSystems,
} from "./real-system.ts";

afterEach(stopRealSystems);

const options = { reads: true, timeoutMs: 5000 } as const;

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
    [
      "a refusal without a code",
      200,
      '{"Response":{"Error":{"Message":"x"}}}',
      "unknown",
      "reply_unreadable",
    ],
    ["an error that is no object", 200, '{"Response":{"Error":"no"}}', "unknown", "reply_unreadable"],
    [
      "words in place of a code",
      200,
      '{"Response":{"Error":{"Code":"no sk-1 here"}}}',
      "unknown",
      "reply_unreadable",
    ],
    [
      "an error inside a 403",
      403,
      '{"Response":{"Error":{"Code":"OperationDenied"}}}',
      "answered",
      "OperationDenied",
    ],
    ["success inside a 400", 400, '{"Response":{"RequestId":"r-1"}}', "answered", "http_400"],
    [
      "a timeout of the system's own",
      200,
      '{"Response":{"Error":{"Code":"FailedOperation.DbTimeout"}}}',
      "unknown",
      "FailedOperation.DbTimeout",
    ],
    ["a gateway that knows no such path", 404, "<html>", "unknown", "reply_unreadable"],
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
    stopRealSystems();
    const failure = await failureOf(clientOf(endpoint).call(call, { ...options, reads: false }));
    expect(failure).toMatchObject({ kind: "unsent", code: "connect_failed" });
  });

  it("waits as it was told, and no secret is in its failure", async () => {
    const token = "made-up-token-for-this-test";
    const { endpoint, received } = await answering((_, reply) =>
      reply.writeHead(429, { "retry-after": "2" }).end(`{"detail":"${token} ${secretKey}"}`),
    );
    const pauses: number[] = [];
    const rest = bearerClient({ endpoint, token: new Secret(token) }, effectsOf(pauses));
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
