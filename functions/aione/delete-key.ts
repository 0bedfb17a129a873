import * as z from "zod";
import { defineRestAction } from "../../lib/action.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { keyRequest } from "../../lib/schemas/aione.ts";

/** For good, whatever the key's status. */
export const deleteKey = defineRestAction({
  profile: aioneProfile,
  name: "DeleteKey",
  route: {
    method: "DELETE",
    path: "/api/v1/gateway/keys/{key_id}",
    status: 204,
    body: false,
    plane: "management",
  },
  permission: "keys:delete",
  request: keyRequest,
  reply: z.undefined(),
  run: async ({ path }, { caller, region, provider }) => {
    await provider.remove(caller, region, path.key_id);
    return undefined;
  },
});

export const handler = restHandler(deleteKey);
