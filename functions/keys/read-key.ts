import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyParams, keyReply } from "../../lib/schemas/facade.ts";

/** Never with material: that is what `reveal` is for. */
export const readKey = defineOperation({
  method: "GET",
  path: "/v1/keys/{provider}/{id}",
  name: "ReadKey",
  summary: "Read a key, without its material",
  permission: "keys:read",
  params: keyParams,
  query: nothing,
  body: nothing,
  reply: keyReply,
  status: 200,
  version: ({ key }) => key.version,
  example: { params: { provider: "tokenhub", id: "{key}" } },
  run: async ({ params }, { caller, provider }) => ({
    key: await provider(params.provider).read(caller, params.id),
  }),
});
