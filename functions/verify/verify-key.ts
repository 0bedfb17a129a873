import { defineOperation, nothing, refuseUnverifiable, verificationOf } from "../../lib/operation.ts";
import { verdict } from "../../lib/schemas/verdict.ts";
import { verifyQuery, verifyRequest } from "../../lib/schemas/verify.ts";
import { askOf } from "../../lib/verification/ask.ts";

/** 200 whatever the verdict: that a key is not good is an answer, and not a fault of who asks. */
export const verifyKey = defineOperation({
  method: "POST",
  path: "/v1/verify",
  name: "VerifyKey",
  summary: "Is this key good for this call, right now?",
  permission: "keys:verify",
  hot: true,
  params: nothing,
  query: verifyQuery,
  body: verifyRequest,
  reply: verdict,
  status: 200,
  example: { body: { key: "{secret}", ip: "192.0.2.7", model: "gpt-5.4" } },
  run: async ({ query, body }, { house, principal, provider, caller }) => {
    if (body.provider !== undefined) refuseUnverifiable(provider(body.provider));
    return verificationOf(house).verifier.verify(principal, askOf(body, query, caller.requestId));
  },
});
