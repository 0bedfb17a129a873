import { defineConfig } from "vitest/config";
import { shared } from "./vitest.shared.ts";

/** The store's contract and its faults once more, on AWS's own engine. */
export default defineConfig({
  test: { ...shared, include: ["test/store/dynamodb{,-light,-faults}.test.ts"] },
});
