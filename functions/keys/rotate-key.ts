import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyParams, rotatedKeyReply, rotateKeyBody } from "../../lib/schemas/facade.ts";
import { fromMaterial, toMaterial } from "../../lib/schemas/material.ts";

/** The id stays. The reason goes to the audit trail, with the rest of the request. */
export const rotateKey = defineOperation({
  method: "POST",
  path: "/v1/keys/{provider}/{id}/rotate",
  name: "RotateKey",
  summary: "Give a key another secret; the old one works for the grace",
  permission: "keys:rotate",
  params: keyParams,
  query: nothing,
  body: rotateKeyBody,
  reply: rotatedKeyReply,
  status: 200,
  once: true,
  precondition: "optional",
  version: ({ key }) => key.version,
  receipt: ({ receipt }) => receipt,
  example: {
    params: { provider: "aione", id: "{aioneKey}" },
    body: { grace: 3600, reason: "quarterly rotation" },
  },
  run: async ({ params, body }, { caller, provider, expected }) => {
    const { grace: graceSeconds, reason, material: chosen } = body;
    const { key, material, receipt } = await provider(params.provider).rotate(
      caller,
      params.id,
      { graceSeconds, reason, material: chosen === undefined ? undefined : toMaterial(chosen) },
      expected,
    );
    return { key, material: fromMaterial(material), receipt };
  },
});
