import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyParams, revealReply } from "../../lib/schemas/facade.ts";
import { fromMaterial } from "../../lib/schemas/material.ts";

/** The reading stands in the audit trail before the reply leaves. */
export const revealKey = defineOperation({
  method: "POST",
  path: "/v1/keys/{provider}/{id}/reveal",
  name: "RevealKey",
  summary: "Reveal a key's material; each reading is audited",
  permission: "keys:reveal",
  params: keyParams,
  query: nothing,
  body: nothing,
  reply: revealReply,
  status: 200,
  example: { params: { provider: "tokenhub", id: "{key}" } },
  run: async ({ params }, { caller, provider }) => ({
    material: fromMaterial(await provider(params.provider).reveal(caller, params.id)),
  }),
});
