import * as z from "zod";
import { defineOperation, nothing, verificationOf } from "../../lib/operation.ts";
import { settleReply } from "../../lib/schemas/verdict.ts";
import { settleRequest } from "../../lib/schemas/verify.ts";

/** What the call came to, once. What is never settled counts as spent. */
export const settleVerification = defineOperation({
  method: "POST",
  path: "/v1/verify/{requestId}/settle",
  name: "SettleVerification",
  summary: "Tell what a verified call came to: tokens, latency, outcome",
  permission: "keys:verify",
  hot: true,
  params: z.strictObject({ requestId: z.string().min(1).max(4096) }),
  query: nothing,
  body: settleRequest,
  reply: settleReply,
  status: 200,
  example: {
    params: { requestId: "{verification}" },
    body: { inputTokens: 120, outputTokens: 80, latencyMs: 640, outcome: "ok" },
  },
  run: ({ params, body }, { house, principal }) =>
    verificationOf(house).settle(principal, params.requestId, body),
});
