import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyParams, keyReply } from "../../lib/schemas/facade.ts";

export const enableKey = defineOperation({
  method: "POST",
  path: "/v1/keys/{provider}/{id}/enable",
  name: "EnableKey",
  summary: "Enable a key",
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
    key: await provider(params.provider).setStatus(caller, params.id, "enabled", expected),
  }),
});
