import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { afterEach, describe, expect, it } from "vitest";
import { deriveSigningKey } from "../../../lib/signing/tc3.ts";
import { checkTime, parseAuthorization, verifyTc3 } from "../../../lib/signing/tc3-verifier.ts";
import {
  answering,
  clientOf,
  describeKey,
  envelope,
  minutes,
  type Received,
  secretId,
  secretKey,
  stopRealSystems,
} from "./real-system.ts";

afterEach(stopRealSystems);

const changing = { reads: false, timeoutMs: 10_000 } as const;

/** What a system that checks signatures says to a request at this time. */
const checked = ({ method, path, headers, body }: Received, nowMs: number): "ok" | string => {
  const claim = parseAuthorization(headers.authorization ?? "");
  const timestamp = String(headers["x-tc-timestamp"]);
  if (claim === undefined || claim.secretId !== secretId) return "AuthFailure.InvalidAuthorization";
  const time = checkTime(claim, Number(timestamp), Math.floor(nowMs / 1000));
  if (time === "expired") return "AuthFailure.SignatureExpire";
  const key = deriveSigningKey(secretKey, claim.date, claim.service);
  const request = {
    method,
    path,
    query: "",
    headers: { "content-type": headers["content-type"], host: headers.host },
    body: Buffer.from(body),
  };
  return time === "ok" && verifyTc3(request, claim, timestamp, key) ? "ok" : "AuthFailure.SignatureFailure";
};

/** A system whose clock differs from ours, and which does only what is signed by its own. */
const strict = async (aheadMs: number) => {
  const done: string[] = [];
  const system = await answering((one, reply) => {
    const theirs = Date.now() + aheadMs;
    reply.setHeader("date", new Date(theirs).toUTCString());
    const verdict = checked(one, theirs);
    if (verdict !== "ok") return envelope(reply, { Error: { Code: verdict, Message: "" }, RequestId: "r" });
    done.push(String(one.headers["x-tc-action"]));
    envelope(reply, { RequestId: "r" });
  });
  return { ...system, done };
};

describe("a signature", () => {
  it.each([0, minutes(10), minutes(-10), minutes(60 * 24 * 3)])(
    "holds at a system whose clock is %i ms ahead, and a change is done once",
    async (aheadMs) => {
      const { endpoint, received, done } = await strict(aheadMs);
      const client = clientOf(endpoint);
      const call = { ...describeKey, action: "DeleteApiKey" };
      await client.call(call, changing);
      await client.call(call, changing);
      expect(done).toEqual(["DeleteApiKey", "DeleteApiKey"]);
      // The clock is learned once.
      expect(received).toHaveLength(aheadMs === 0 ? 2 : 3);
    },
  );

  it("is made anew for each attempt, by the clock of that attempt", async () => {
    let now = Date.now();
    const { endpoint, received } = await answering((_, reply, count) =>
      envelope(reply, count < 3 ? { Error: { Code: "RequestLimitExceeded", Message: "" } } : { Done: true }),
    );
    const effects = {
      clock: () => new Date(now),
      random: () => 0.5,
      sleep: async (ms: number) => {
        now += ms + 1000;
      },
    };
    expect(await clientOf(endpoint, { effects }).call(describeKey, changing)).toEqual({ Done: true });
    const stamps = received.map(({ headers }) => headers["x-tc-timestamp"]);
    expect(new Set(stamps).size).toBe(3);
    for (const one of received) {
      expect(checked(one, Number(one.headers["x-tc-timestamp"]) * 1000)).toBe("ok");
    }
  });

  const forwarded = async (body: string): Promise<Received> => {
    const { endpoint, received, done } = await strict(0);
    await clientOf(endpoint).forward("CreateApiKey", new TextEncoder().encode(body), undefined, changing);
    const [one] = received;
    if (one === undefined) throw new Error("nothing arrived");
    expect(done).toEqual(["CreateApiKey"]);
    return one;
  };

  it("of a body that was given is over its bytes, however they are written", async () => {
    const body = '{ "Platform":"maas",\n "ApiKeyName":"\\u4e2d中" }';
    expect((await forwarded(body)).body).toBe(body);
  });

  it("of a body that was given is the official SDK's own", async () => {
    const input = { Platform: "maas", ApiKeyName: "中 n" };
    const { headers } = await forwarded(JSON.stringify(input));
    const host = String(headers.host).replace(/:\d+$/, "");
    const official = Sdk.default.sign3({
      method: "POST",
      url: `http://${host}/`,
      payload: input,
      timestamp: Number(headers["x-tc-timestamp"]),
      service: "tokenhub",
      secretId,
      secretKey,
      multipart: false,
      boundary: "",
      headers: { "Content-Type": "application/json", Host: host },
    });
    expect(headers.authorization).toBe(official);
  });
});
