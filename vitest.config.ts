import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      "test/proxies/**",
      "test/lambda/**",
      "test/deploy/cloudformation.test.ts",
      // Of the table: see `npm run test:dynamodb`. Its contract stands here, too.
      "test/store/dynamodb-light.test.ts",
      "test/store/dynamodb-faults.test.ts",
      "test/promises/one-table.test.ts",
    ],
    globalSetup: ["test/global-setup.ts"],
    setupFiles: ["test/setup.ts"],
    // Many of them wait for processes, signals and real systems: two cores have room for four.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // CommonJS packages look as they do to Node itself.
    deps: { interopDefault: false },
  },
});
