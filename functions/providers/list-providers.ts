import { defineOperation, nothing } from "../../lib/operation.ts";
import { providersReply } from "../../lib/schemas/facade.ts";

export const listProviders = defineOperation({
  method: "GET",
  path: "/v1/providers",
  name: "ListProviders",
  summary: "List providers, their health and what each of them supports",
  permission: "keys:read",
  params: nothing,
  query: nothing,
  body: nothing,
  reply: providersReply,
  status: 200,
  example: {},
  run: async (_, { providers }) => ({
    items: providers().map(({ name, service, mode, native, region, capabilities, health }) => ({
      name,
      service,
      mode,
      native,
      region,
      health: { ...health() },
      operations: { ...capabilities.operations },
      fields: Object.fromEntries(
        Object.entries(capabilities.fields).map(([field, one]) => [field, { ...one }]),
      ),
    })),
  }),
});
