import { defineConfig } from "vitest/config";
import { shared } from "./vitest.shared.ts";

/** The packages in AWS's own runtime, which is no part of the default install: `npm run test:lambda` brings it. */
export default defineConfig({
  test: {
    ...shared,
    include: ["test/lambda/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    globalSetup: [...shared.globalSetup, "test/lambda/global-setup.ts"],
    // Each function under test is a process, and so is what stands behind it.
    maxWorkers: 2,
  },
});
