import { defineRestAction } from "../../lib/action.ts";
import { toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { keyRequest, keyResponse } from "../../lib/schemas/aione.ts";

/** Of a key that already is so, nothing but the same answer (inferred). */
export const enableKey = defineRestAction({
  profile: aioneProfile,
  name: "EnableKey",
  route: {
    method: "PUT",
    path: "/api/v1/gateway/keys/{key_id}/enable",
    status: 200,
    body: false,
    plane: "management",
  },
  permission: "keys:status",
  request: keyRequest,
  reply: keyResponse,
  run: async ({ path }, { caller, region, provider, clock }) =>
    toKeyResponse(await provider.setStatus(caller, region, path.key_id, "enabled"), caller.account, clock()),
});

export const handler = restHandler(enableKey);
