import * as z from "zod";
import { defineOperation, nothing, refuseUnverifiable, verificationOf } from "../../lib/operation.ts";
import { verdict } from "../../lib/schemas/verdict.ts";
import { verifyQuery, verifyRequest } from "../../lib/schemas/verify.ts";
import { askOf } from "../../lib/verification/ask.ts";

/** Up to 100 at once; the verdicts stand in the order of the keys. */
export const verifyKeys = defineOperation({
  method: "POST",
  path: "/v1/verify:batch",
  name: "VerifyKeys",
  summary: "Verify up to 100 keys",
  permission: "keys:verify",
  hot: true,
  params: nothing,
  query: verifyQuery,
  body: z.strictObject({ keys: z.array(verifyRequest).min(1).max(100) }),
  reply: z.strictObject({ verdicts: z.array(verdict) }),
  status: 200,
  example: { body: { keys: [{ key: "{secret}" }] } },
  run: async ({ query, body }, { house, principal, provider }) => {
    const { verifier } = verificationOf(house);
    for (const { provider: name } of body.keys) {
      if (name !== undefined) refuseUnverifiable(provider(name));
    }
    return {
      verdicts: await Promise.all(
        body.keys.map((one) => verifier.verify(principal, askOf(one, query, house.uuid()))),
      ),
    };
  },
});
