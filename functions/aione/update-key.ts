import { defineRestAction } from "../../lib/action.ts";
import { checkModels, restrict, toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { keyResponse, updateKeyRequest } from "../../lib/schemas/aione.ts";

export const updateKey = defineRestAction({
  profile: aioneProfile,
  name: "UpdateKey",
  route: {
    method: "PUT",
    path: "/api/v1/gateway/keys/{key_id}",
    status: 200,
    body: true,
    plane: "management",
  },
  permission: "keys:update",
  request: updateKeyRequest,
  reply: keyResponse,
  run: async ({ path, body }, { caller, region, provider, clock }) => {
    checkModels(provider, body);
    const changed = await provider.change(caller, region, path.key_id, "key.updated", (key) => ({
      ...key,
      ...restrict(key, body),
      name: body.name ?? key.name,
    }));
    return toKeyResponse(changed, caller.account, clock());
  },
});

export const handler = restHandler(updateKey);
