import type { LightCall } from "../../aws/light.ts";
import type { DynamoCalls } from "./calls.ts";

/** Numbers and texts have the same form on the wire as in the SDK; of bytes there are none. */
export const lightCalls = (call: LightCall): DynamoCalls => ({
  batchGet: (input) => call("BatchGetItem", input),
  query: async (input) => {
    const { Items, LastEvaluatedKey } = (await call("Query", input)) as Awaited<
      ReturnType<DynamoCalls["query"]>
    >;
    return { Items, LastEvaluatedKey };
  },
  update: (input) => call("UpdateItem", input),
  transact: (input) => call("TransactWriteItems", input),
  close: () => undefined,
});
