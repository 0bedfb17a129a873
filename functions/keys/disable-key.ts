import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyParams, stoppedKeyReply } from "../../lib/schemas/facade.ts";

export const disableKey = defineOperation({
  method: "POST",
  path: "/v1/keys/{provider}/{id}/disable",
  name: "DisableKey",
  summary: "Disable a key; it is dead when this is answered, and the receipt says since when",
  permission: "keys:status",
  params: keyParams,
  query: nothing,
  body: nothing,
  reply: stoppedKeyReply,
  status: 200,
  once: true,
  precondition: "optional",
  version: ({ key }) => key.version,
  receipt: ({ receipt }) => receipt,
  example: { params: { provider: "tokenhub", id: "{key}" } },
  run: async ({ params }, { caller, provider, expected }) =>
    provider(params.provider).disable(caller, params.id, expected),
});
