import { defineOperation, nothing } from "../../lib/operation.ts";
import { changeKeyBody, keyParams, keyReply } from "../../lib/schemas/facade.ts";

/** What is absent stays. */
export const changeKey = defineOperation({
  method: "PATCH",
  path: "/v1/keys/{provider}/{id}",
  name: "ChangeKey",
  summary: "Change a key; what is absent stays",
  permission: "keys:update",
  params: keyParams,
  query: nothing,
  body: changeKeyBody,
  reply: keyReply,
  status: 200,
  precondition: "required",
  version: ({ key }) => key.version,
  example: { params: { provider: "tokenhub", id: "{key}" }, body: { description: "used by checkout only" } },
  run: async ({ params, body }, { caller, provider, expected }) => ({
    key: await provider(params.provider).change(caller, params.id, body, expected),
  }),
});
