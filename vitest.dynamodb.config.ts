import { defineConfig } from "vitest/config";
import { crashes, ofFunctions, shared } from "./vitest.shared.ts";

/** The native, facade and verification suites once more, on DynamoDB and KMS instead of SQLite and a file. */
export default defineConfig({
  test: {
    ...shared,
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
      ...crashes,
      // On DynamoDB as they are.
      ...ofFunctions,
      "test/verification/warm.test.ts",
    ],
    setupFiles: [...shared.setupFiles, "test/setup-dynamodb.ts"],
  },
});
