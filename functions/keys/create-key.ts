import { defineOperation, nothing } from "../../lib/operation.ts";
import { createKeyBody, issuedKeyReply } from "../../lib/schemas/facade.ts";
import { fromMaterial, toMaterial } from "../../lib/schemas/material.ts";

export const createKey = defineOperation({
  method: "POST",
  path: "/v1/keys",
  name: "CreateKey",
  summary: "Create a key; its material is answered once",
  permission: "keys:create",
  params: nothing,
  query: nothing,
  body: createKeyBody,
  reply: issuedKeyReply,
  status: 201,
  once: true,
  version: ({ key }) => key.version,
  example: {
    body: {
      provider: "tokenhub",
      name: "checkout service",
      scope: { models: ["hunyuan-turbo"], endpoints: ["ep-checkout"] },
      ipAllowlist: ["10.0.0.0/24"],
    },
  },
  run: async ({ body }, { caller, provider }) => {
    const { provider: name, material: chosen, ...wish } = body;
    const { key, material } = await provider(name).create(
      caller,
      wish,
      chosen === undefined ? undefined : toMaterial(chosen),
    );
    return { key, material: fromMaterial(material) };
  },
});
