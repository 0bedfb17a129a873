import type { ConsumedCapacity } from "@aws-sdk/client-dynamodb";
import type { DynamoCalls } from "../../lib/store/dynamodb/calls.ts";

/** What DynamoDB would ask money for, as the engine tells it. */
export interface Units {
  readonly read: number;
  readonly write: number;
  readonly calls: number;
}

export interface Meter {
  readonly calls: DynamoCalls;
  /** What a step takes. */
  during(step: () => Promise<unknown>): Promise<Units>;
}

const unitsIn = (consumed: ConsumedCapacity | readonly ConsumedCapacity[] | undefined): number =>
  [consumed ?? []].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);

export const metered = (given: DynamoCalls): Meter => {
  let [read, write, calls] = [0, 0, 0];
  const asked = { ReturnConsumedCapacity: "TOTAL" } as const;
  return {
    calls: {
      ...given,
      batchGet: async (input) => {
        const answer = await given.batchGet({ ...input, ...asked });
        read += unitsIn(answer.ConsumedCapacity);
        calls += 1;
        return answer;
      },
      query: async (input) => {
        const answer = await given.query({ ...input, ...asked });
        read += unitsIn(answer.ConsumedCapacity);
        calls += 1;
        return answer;
      },
      update: async (input) => {
        const answer = await given.update({ ...input, ...asked });
        write += unitsIn(answer.ConsumedCapacity);
        calls += 1;
        return answer;
      },
      transact: async (input) => {
        const answer = await given.transact({ ...input, ...asked });
        write += unitsIn(answer.ConsumedCapacity);
        calls += 1;
        return answer;
      },
    },
    during: async (step) => {
      const before = { read, write, calls };
      await step();
      return { read: read - before.read, write: write - before.write, calls: calls - before.calls };
    },
  };
};
