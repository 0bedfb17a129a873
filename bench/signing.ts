import { createHmac } from "node:crypto";
import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { deriveSigningKey } from "../lib/signing/tc3.ts";
import { checkTime, parseAuthorization, verifyTc3 } from "../lib/signing/tc3-verifier.ts";
import { contest, type Figure, perSecond, rateOf } from "./measure.ts";

const goal = 8;
const rounds = 9;
const roundMs = 500;
const stride = 500;

/** What a server does to check a signature, its day's key at hand, against what the official SDK does to make one. */
export const signing: Figure = async () => {
  const host = "127.0.0.1:8787";
  const secretId = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
  const secretKey = createHmac("sha256", "a made-up key").update("bench").digest("hex").slice(0, 32);
  const seconds = Math.floor(Date.now() / 1000);
  const payload = { Platform: "maas", ApiKeyId: "ak-20260701-0123456789abcdef0123456789abcdef" };
  const sign = (): string =>
    Sdk.default.sign3({
      method: "POST",
      url: `http://${host}/`,
      payload,
      timestamp: seconds,
      service: "tokenhub",
      secretId,
      secretKey,
      multipart: false,
      boundary: "",
      headers: { "Content-Type": "application/json" },
    });

  const authorization = sign();
  const timestamp = String(seconds);
  const request = {
    method: "POST",
    path: "/",
    query: "",
    headers: {
      authorization,
      host,
      "content-type": "application/json",
      "x-tc-action": "DescribeApiKey",
      "x-tc-timestamp": timestamp,
    },
    body: Buffer.from(JSON.stringify(payload)),
  };
  const day = new Date(seconds * 1000).toISOString().slice(0, 10);
  const key = deriveSigningKey(secretKey, day, "tokenhub");

  const verify = (): void => {
    const claim = parseAuthorization(request.headers.authorization);
    if (claim === undefined || checkTime(claim, seconds, seconds) !== "ok") throw new Error("not a claim");
    if (!verifyTc3(request, claim, timestamp, key)) throw new Error("the SDK's signature does not hold");
  };

  const { ours, peer, ratio } = await contest(
    "signing",
    rounds,
    async () => rateOf(verify, roundMs, stride),
    async () => rateOf(sign, roundMs, stride),
  );
  return [
    {
      name: "TC3 verification | the SDK's signing",
      ours: perSecond(ours),
      peer: perSecond(peer),
      ratio: `${ratio.toFixed(1)}x`,
      goal: `>= ${goal}x`,
      met: ratio >= goal,
    },
  ];
};
