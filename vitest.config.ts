import { defineConfig } from "vitest/config";
import { crashes, ofFunctions, packages, shared } from "./vitest.shared.ts";

/** What can be said within minutes; the README names the commands for the rest. */
export default defineConfig({
  test: {
    ...shared,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...crashes,
            ...packages,
            ...ofFunctions,
            "test/proxies/**",
            "test/lambda/**",
            // Of the table: see `npm run test:dynamodb`. Its contract stands here, too.
            "test/store/dynamodb-light.test.ts",
            "test/store/dynamodb-faults.test.ts",
            "test/promises/one-table.test.ts",
          ],
        },
      },
      { extends: true, test: { name: "apart", include: ofFunctions, isolate: true } },
    ],
  },
});
