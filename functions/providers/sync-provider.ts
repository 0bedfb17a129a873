import { defineOperation, nothing } from "../../lib/operation.ts";
import { providerParams, syncReply } from "../../lib/schemas/facade.ts";

export const syncProvider = defineOperation({
  method: "POST",
  path: "/v1/providers/{name}/sync",
  name: "SyncProvider",
  summary: "Read all keys of a real system, and tell what changed there outside Keyway",
  permission: "keys:update",
  params: providerParams,
  query: nothing,
  body: nothing,
  reply: syncReply,
  status: 200,
  once: true,
  example: { params: { name: "{upstream}" } },
  run: async ({ params }, { caller, provider }) => {
    const { appeared, changed, vanished, unresolved, ...rest } = await provider(params.name).sync(caller);
    const listed = ({ count, ids }: typeof appeared) => ({ count, ids: [...ids] });
    return {
      ...rest,
      appeared: listed(appeared),
      changed: listed(changed),
      vanished: listed(vanished),
      unresolved: unresolved.map((one) => ({ ...one })),
    };
  },
});
