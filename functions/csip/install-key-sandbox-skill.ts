import { defineAction } from "../../lib/action.ts";
import { installed, machines } from "../../lib/providers/csip/machines.ts";
import { csipWire } from "../../lib/providers/csip/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { sandboxSkillReply, sandboxSkillRequest } from "../../lib/schemas/csip.ts";

/** Records which machines are in the sandbox; one that already is so counts as done. */
export const installKeySandboxSkill = defineAction({
  wire: csipWire,
  name: "InstallKeySandboxSkill",
  permission: "keys:update",
  request: sandboxSkillRequest,
  reply: sandboxSkillReply,
  run: async (input, { caller, region, provider }) => {
    const ids = [...new Set(input.InstanceIdList)];
    await provider.documents.ensure(caller, region, machines, { ids, present: true, body: installed });
    return {};
  },
});

export const handler = actionHandler(installKeySandboxSkill);
