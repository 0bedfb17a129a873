import { defineAction } from "../../lib/action.ts";
import { toBindings } from "../../lib/providers/tokenhub/codec.ts";
import { tokenhubNative } from "../../lib/providers/tokenhub/native.ts";
import { toScope } from "../../lib/providers/tokenhub/scope.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { modifyApiKeyBindingsReply, modifyApiKeyBindingsRequest } from "../../lib/schemas/tokenhub.ts";

/**
 * Replaces the whole scope. An extension: no API page has it, but the console page lets a user change the scope, and a
 * public client sends these very fields.
 */
export const modifyApiKeyBindings = defineAction({
  wire: tokenhubWire,
  name: "ModifyApiKeyBindings",
  permission: "keys:update",
  request: modifyApiKeyBindingsRequest,
  reply: modifyApiKeyBindingsReply,
  run: async (input, { caller, region, provider }) => {
    const bindings = toBindings(input.Bindings);
    await provider.change(caller, region, input.ApiKeyId, "key.updated", (key) => ({
      ...key,
      scope: toScope(input.BindType, bindings),
      native: { ...tokenhubNative.parse(key.native), bindings },
    }));
    return {};
  },
});

export const handler = actionHandler(modifyApiKeyBindings);
