import { defineOperation, nothing, refuseUnverifiable, verificationOf } from "../../lib/operation.ts";
import { verdict } from "../../lib/schemas/verdict.ts";
import { forwardQuery, verifyRequest } from "../../lib/schemas/verify.ts";
import { forwardedAskOf } from "../../lib/verification/ask.ts";

/** The same verdict for a proxy, which passes its client's headers on; its surface reads the key from them. */
export const verifyForwarded = defineOperation({
  method: "GET",
  path: "/v1/verify",
  name: "VerifyForwarded",
  summary: "May the client of a proxy pass? Answered in status and headers alone",
  permission: "keys:verify",
  hot: true,
  forwarded: true,
  params: nothing,
  query: forwardQuery,
  body: verifyRequest,
  reply: verdict,
  status: 204,
  example: { query: { scope: "partial" } },
  run: async ({ query, body }, { house, principal, provider, caller }) => {
    if (query.provider !== undefined) refuseUnverifiable(provider(query.provider));
    return verificationOf(house).verifier.verify(principal, forwardedAskOf(body, query, caller.requestId));
  },
});
