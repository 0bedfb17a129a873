import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The packages in AWS's own runtime, which is no part of the default install: `npm run test:lambda` brings it. */
export default defineConfig({
  test: {
    ...base.test,
    include: ["test/lambda/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    globalSetup: ["test/global-setup.ts", "test/lambda/global-setup.ts"],
    // Each function under test is a process, and so is what stands behind it.
    maxWorkers: 2,
  },
});
