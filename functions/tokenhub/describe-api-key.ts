import { defineAction } from "../../lib/action.ts";
import { Secret } from "../../lib/keys/secret.ts";
import { toDetail } from "../../lib/providers/tokenhub/codec.ts";
import { apiKeyOf } from "../../lib/providers/tokenhub/profile.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { describeApiKeyReply, describeApiKeyRequest } from "../../lib/schemas/tokenhub.ts";
import { spentQuotas } from "../../lib/usage/quotas.ts";

/** Answers the secret in clear, so it takes the permission to reveal, and each call is in the audit trail. */
export const describeApiKey = defineAction({
  wire: tokenhubWire,
  name: "DescribeApiKey",
  permission: "keys:reveal",
  request: describeApiKeyRequest,
  reply: describeApiKeyReply,
  run: async (input, { caller, region, provider, usage, clock }) => {
    const { key, material } =
      input.ApiKeyId !== undefined
        ? await provider.reveal(caller, region, input.ApiKeyId)
        : await provider.revealBySecret(caller, region, new Secret(input.ApiKey ?? ""));
    const [spent = []] = await spentQuotas(usage, caller.account.id, [key], clock());
    return { ...toDetail(key, caller.account, spent), ApiKey: apiKeyOf(material).expose() };
  },
});

export const handler = actionHandler(describeApiKey);
