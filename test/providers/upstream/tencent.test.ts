import { afterEach, describe, expect, it } from "vitest";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import {
  answering,
  clientOf,
  describeKey,
  effectsOf,
  envelope,
  failureOf,
  stopRealSystems,
} from "./real-system.ts";

afterEach(stopRealSystems);

const { refusals } = apigatewayDialect;
const changing = { reads: false, timeoutMs: 10_000 } as const;

describe("the region", () => {
  it.each([
    ["is left out where a service has none", "", undefined, undefined],
    ["is the configured one", "ap-guangzhou", undefined, "ap-guangzhou"],
    ["of a call that is passed on goes first", "ap-guangzhou", "ap-beijing", "ap-beijing"],
  ])("%s", async (_, region, asked, sent) => {
    const { endpoint, received } = await answering((_, reply) => envelope(reply, {}));
    const body = new TextEncoder().encode("{}");
    await clientOf(endpoint, { region }).forward("DescribeApiKey", body, asked, changing);
    expect(received[0]?.headers["x-tc-region"]).toBe(sent);
    expect(received[0]?.path).toBe("/");
  });
});

describe("a call that is passed on", () => {
  const body = new TextEncoder().encode("{}");
  const forwarded = async (code: string) => {
    const { endpoint, received } = await answering((_, reply) =>
      envelope(reply, { Error: { Code: code, Message: "of account 100" }, RequestId: "r-1" }),
    );
    return { reply: clientOf(endpoint).forward("CreateApiKey", body, undefined, changing), received };
  };

  it("answers a refusal as it came", async () => {
    const { reply } = await forwarded("MissingParameter.MissingParameter");
    expect((await reply).text).toContain("MissingParameter.MissingParameter");
  });

  it.each(["AuthFailure.SignatureFailure", "UnauthorizedOperation", "UnauthorizedOperation.CamNoAuth"])(
    "keeps to itself that %s met our own credential",
    async (code) => {
      const { reply, received } = await forwarded(code);
      const failure = await failureOf(reply);
      expect(failure).toMatchObject({ kind: "answered", code, requestId: "r-1" });
      expect(failure.message).not.toContain("100");
      expect(received).toHaveLength(1);
    },
  );
});

describe("a throttled change", () => {
  it.each([
    ["RequestLimitExceeded", undefined, [50, 100]],
    ["RequestLimitExceeded.UinLimitExceeded", undefined, [50, 100]],
    ["LimitExceeded.RequestLimitExceeded", "3", [3000, 3000]],
  ] as const)(
    "by %s is sent until it is taken, after the advice if there is any",
    async (code, advice, waited) => {
      const { endpoint, received } = await answering((_, reply, count) => {
        if (advice !== undefined) reply.setHeader("retry-after", advice);
        envelope(reply, count < 3 ? { Error: { Code: code, Message: "" } } : { Done: true });
      });
      const pauses: number[] = [];
      const client = clientOf(endpoint, { effects: effectsOf(pauses) });
      expect(await client.call(describeKey, { ...changing, refusals })).toEqual({ Done: true });
      expect([received.length, pauses]).toEqual([3, waited]);
    },
  );

  it("by a gateway waits as that advises, and not at all where that is too long", async () => {
    let advice = "2";
    const { endpoint, received } = await answering(
      (_, reply) => void reply.writeHead(429, { "retry-after": advice }).end("busy"),
    );
    const pauses: number[] = [];
    const client = clientOf(endpoint, { effects: effectsOf(pauses) });
    expect(await failureOf(client.call(describeKey, changing))).toMatchObject({ code: "http_429" });
    expect(pauses).toEqual([2000, 2000, 2000]);
    advice = "1000000";
    await failureOf(client.call(describeKey, changing));
    expect(received).toHaveLength(5);
  });
});
