import { defineRestAction } from "../../lib/action.ts";
import { toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { keyRequest, keyResponse } from "../../lib/schemas/aione.ts";

/** The id stays, and both secrets work until the grace ends. The reply's fields are inferred. */
export const rotateKey = defineRestAction({
  profile: aioneProfile,
  name: "RotateKey",
  route: {
    method: "PUT",
    path: "/api/v1/gateway/keys/{key_id}/rotate",
    status: 200,
    body: false,
    plane: "management",
  },
  permission: "keys:rotate",
  request: keyRequest,
  reply: keyResponse,
  run: async ({ path }, { caller, region, provider, clock }) => {
    const now = clock();
    const graceMs = provider.profile.graceSeconds(provider.settings.own) * 1000;
    const until = graceMs === 0 ? null : new Date(now.getTime() + graceMs).toISOString();
    const { key, material } = await provider.renew(caller, region, path.key_id, undefined, until);
    return toKeyResponse(key, caller.account, now, material);
  },
});

export const handler = restHandler(rotateKey);
