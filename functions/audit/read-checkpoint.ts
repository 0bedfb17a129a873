import { checkpoint } from "../../lib/audit/checkpoint.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";

/** How far the account's chain reaches, signed. Keep it elsewhere: it proves what was there at this moment. */
export const readCheckpoint = defineOperation({
  method: "GET",
  path: "/v1/audit/checkpoint",
  name: "ReadCheckpoint",
  summary: "Read a signed checkpoint of the audit trail's head",
  permission: "audit:read",
  params: nothing,
  query: nothing,
  body: nothing,
  reply: checkpoint,
  status: 200,
  example: {},
  run: async (_, { house, principal }) => {
    const account = principal.account.id;
    const { sign } = await house.checkpoints();
    return sign(account, await house.store.readAuditHead(account), house.clock().toISOString());
  },
});
