import { defineAction } from "../../lib/action.ts";
import { noLimits } from "../../lib/keys/limits.ts";
import { toBindings, toStatus } from "../../lib/providers/tokenhub/codec.ts";
import { tokenhubNative } from "../../lib/providers/tokenhub/native.ts";
import { packagesFor, toQuotas } from "../../lib/providers/tokenhub/quotas.ts";
import { toScope } from "../../lib/providers/tokenhub/scope.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { createApiKeyReply, createApiKeyRequest } from "../../lib/schemas/tokenhub.ts";

export const createApiKey = defineAction({
  wire: tokenhubWire,
  name: "CreateApiKey",
  permission: "keys:create",
  request: createApiKeyRequest,
  reply: createApiKeyReply,
  run: async (input, { caller, region, provider, clock, random }) => {
    const tokenQuotas = toQuotas(input.Quotas);
    const bindings = toBindings(input.Bindings);
    const { key } = await provider.create(caller, region, {
      name: input.ApiKeyName,
      description: input.Remark ?? "",
      status: toStatus(input.Status ?? "enable"),
      scope: toScope(input.BindType, bindings),
      ipAllowlist: input.IpWhitelist ?? [],
      limits: { ...noLimits, tokenQuotas },
      native: tokenhubNative.parse({
        bindings,
        quotaPackages: packagesFor(tokenQuotas, { quotas: [], packages: [] }, random, clock()),
      }),
    });
    // The secret does not leave here: the documented way to it is DescribeApiKey.
    return { ApiKeyId: key.id };
  },
});

export const handler = actionHandler(createApiKey);
