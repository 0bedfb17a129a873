import { defineAction } from "../../lib/action.ts";
import { toDetail } from "../../lib/providers/csip/codec.ts";
import { csipWire } from "../../lib/providers/csip/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import {
  describeKeySandboxCredentialReply,
  describeKeySandboxCredentialRequest,
} from "../../lib/schemas/csip.ts";

/** Clear values never come out here, whatever the caller may do. */
export const describeKeySandboxCredential = defineAction({
  wire: csipWire,
  name: "DescribeKeySandboxCredential",
  permission: "keys:read",
  request: describeKeySandboxCredentialRequest,
  reply: describeKeySandboxCredentialReply,
  run: async (input, { caller, region, provider }) => {
    const { key, masked } = await provider.readMasked(caller, region, input.CredentialId);
    return toDetail(key, masked);
  },
});

export const handler = actionHandler(describeKeySandboxCredential);
