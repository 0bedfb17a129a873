import { defineRestAction } from "../../lib/action.ts";
import { toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { keyRequest, keyResponse } from "../../lib/schemas/aione.ts";

export const getKey = defineRestAction({
  profile: aioneProfile,
  name: "GetKey",
  route: {
    method: "GET",
    path: "/api/v1/gateway/keys/{key_id}",
    status: 200,
    body: false,
    plane: "management",
  },
  permission: "keys:read",
  request: keyRequest,
  reply: keyResponse,
  run: async ({ path }, { caller, region, provider, clock }) =>
    toKeyResponse(await provider.read(caller, region, path.key_id), caller.account, clock()),
});

export const handler = restHandler(getKey);
