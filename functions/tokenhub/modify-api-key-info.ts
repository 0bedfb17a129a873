import { defineAction } from "../../lib/action.ts";
import { tokenhubNative } from "../../lib/providers/tokenhub/native.ts";
import { packagesFor, toQuotas } from "../../lib/providers/tokenhub/quotas.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { modifyApiKeyInfoReply, modifyApiKeyInfoRequest } from "../../lib/schemas/tokenhub.ts";

/** What is absent stays; `[]` clears; anything else is the wanted end, not an addition. */
export const modifyApiKeyInfo = defineAction({
  wire: tokenhubWire,
  name: "ModifyApiKeyInfo",
  permission: "keys:update",
  request: modifyApiKeyInfoRequest,
  reply: modifyApiKeyInfoReply,
  run: async (input, { caller, region, provider, clock, random }) => {
    await provider.change(caller, region, input.ApiKeyId, "key.updated", (key) => {
      const native = tokenhubNative.parse(key.native);
      const before = { quotas: key.limits.tokenQuotas, packages: native.quotaPackages };
      const quotas = input.QuotasDesired === undefined ? before.quotas : toQuotas(input.QuotasDesired);
      return {
        ...key,
        name: input.ApiKeyName ?? key.name,
        description: input.Remark ?? key.description,
        ipAllowlist: input.IpWhitelist ?? key.ipAllowlist,
        limits: { ...key.limits, tokenQuotas: quotas },
        native: { ...native, quotaPackages: packagesFor(quotas, before, random, clock()) },
      };
    });
    return {};
  },
});

export const handler = actionHandler(modifyApiKeyInfo);
