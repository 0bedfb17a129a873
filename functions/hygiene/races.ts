import { StoreRefusal } from "../../lib/store/port/unit.ts";

/** Of two who were the first to write something, the second reads and decides again. */
export const asConflict = (error: unknown): never => {
  if (error instanceof StoreRefusal && error.reason === "exists" && error.write === "insertDocument") {
    throw new StoreRefusal("conflict", error.write);
  }
  throw error;
};
