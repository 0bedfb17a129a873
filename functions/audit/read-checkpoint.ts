import { type ChainName, readingsOf } from "../../lib/audit/chain-name.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { checkpoints } from "../../lib/schemas/checkpoint.ts";

/** How far the account's chains reach, signed. Keep it elsewhere: it proves what was there at this moment. */
export const readCheckpoint = defineOperation({
  method: "GET",
  path: "/v1/audit/checkpoint",
  name: "ReadCheckpoint",
  summary: "Read signed checkpoints of how far the audit trail reaches",
  permission: "audit:read",
  params: nothing,
  query: nothing,
  body: nothing,
  reply: checkpoints,
  status: 200,
  example: {},
  run: async (_, { house, principal }) => {
    const account = principal.account.id;
    const { sign } = await house.checkpoints();
    const time = house.clock().toISOString();
    const signed = async (chain: ChainName) => sign(chain, await house.store.readAuditHead(chain), time);
    return { ...(await signed(account)), readings: await signed(readingsOf(account)) };
  },
});
