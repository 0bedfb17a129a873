import { defineAction } from "../../lib/action.ts";
import { unrestricted } from "../../lib/keys/limits.ts";
import type { Material } from "../../lib/keys/material.ts";
import { Secret } from "../../lib/keys/secret.ts";
import { toApiKey, toTags } from "../../lib/providers/apigateway/codec.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import type { KeyDraft } from "../../lib/providers/profile.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { apiKeyReply, createApiKeyRequest } from "../../lib/schemas/apigateway.ts";

export const createApiKey = defineAction({
  wire: apigatewayWire,
  name: "CreateApiKey",
  permission: "keys:create",
  request: createApiKeyRequest,
  reply: apiKeyReply,
  run: async (input, { caller, region, provider }) => {
    const type = input.AccessKeyType ?? "auto";
    const { SecretName, AccessKeyId: id = "", AccessKeySecret: secret = "" } = input;
    const chosen: Material | undefined =
      type === "manual" ? { kind: "pair", id, secret: new Secret(secret) } : undefined;
    const draft: KeyDraft = {
      ...unrestricted,
      name: SecretName,
      description: "",
      status: "enabled",
      tags: toTags(input.Tags),
      native: { type, usagePlans: [] },
    };
    return { Result: toApiKey(await provider.create(caller, region, draft, chosen)) };
  },
});

export const handler = actionHandler(createApiKey);
