import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The native, facade and verification suites once more, on DynamoDB and KMS instead of SQLite and a file. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      env: { KEYWAY_TEST_STORE: "dynamodb" },
      include: [
        "access",
        "audit",
        "functions",
        "jobs",
        "promises",
        "providers",
        "rotation",
        "surfaces",
        "usage",
        "verification",
      ]
        .map((folder) => `test/${folder}/**/*.test.ts`)
        .concat("test/store/dynamodb-{light,faults}.test.ts"),
      exclude: [
        // Of files: the tool that reads one, and rows that are put into one.
        "test/audit/verify.test.ts",
        "test/functions/usage/made-up-names.test.ts",
        // Servers of their own, killed with their files.
        "test/promises/crash*.test.ts",
        "test/rotation/crash.test.ts",
        // On DynamoDB as it is.
        "test/functions/verify/authorizer.test.ts",
        "test/verification/warm.test.ts",
      ],
      setupFiles: ["test/setup-dynamodb.ts"],
    },
  }),
);
