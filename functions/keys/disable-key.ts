import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyParams, keyReply } from "../../lib/schemas/facade.ts";

export const disableKey = defineOperation({
  method: "POST",
  path: "/v1/keys/{provider}/{id}/disable",
  name: "DisableKey",
  summary: "Disable a key; it is dead when this is answered",
  permission: "keys:status",
  params: keyParams,
  query: nothing,
  body: nothing,
  reply: keyReply,
  status: 200,
  once: true,
  precondition: "optional",
  version: ({ key }) => key.version,
  example: { params: { provider: "tokenhub", id: "{key}" } },
  run: async ({ params }, { caller, provider, expected }) => ({
    key: await provider(params.provider).setStatus(caller, params.id, "disabled", expected),
  }),
});
