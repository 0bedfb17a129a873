import { Refusal } from "../errors.ts";
import { StoreRefusal } from "../store/port/unit.ts";

/** One lost race means that another change won, so this many means hundreds of changes of one thing at one moment. */
const racesMax = 200;

/** Reads, decides and writes under the condition that nothing moved; after a lost race, all of it again. */
export const decideAndWrite = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let race = 0; race < racesMax; race++) {
    try {
      return await attempt();
    } catch (error) {
      // What is gone by now is found missing by the next attempt, which knows its name.
      const lost =
        error instanceof StoreRefusal && (error.reason === "conflict" || error.reason === "missing");
      if (!lost) throw error;
    }
  }
  throw new Refusal("conflict", "This is being changed by many callers at once. Try again.");
};
