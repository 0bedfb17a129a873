import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The store's contract and its faults once more, on AWS's own engine. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({ test: { include: ["test/store/dynamodb{,-light,-faults}.test.ts"] } }),
);
