import type { TestUserConfig } from "vitest/config";

/** What every command that tests has in common; what it runs is in its own file. */
export const shared = {
  globalSetup: ["test/global-setup.ts"],
  setupFiles: ["test/setup.ts"],
  // Many of them wait for processes, signals and real systems: two cores have room for four.
  maxWorkers: 4,
  // Each file anew would load everything once more, which takes as long as half of the tests.
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
  // CommonJS packages look as they do to Node itself.
  deps: { interopDefault: false },
} satisfies TestUserConfig;

/** Killed processes: see `npm run test:crash`. */
export const crashes = ["test/promises/crash*.test.ts", "test/rotation/crash.test.ts"];

/** Built packages: see `npm run test:packages`. */
export const packages = [
  "test/deploy/cloudformation.test.ts",
  "test/deploy/configured.test.ts",
  "test/runtime/package.test.ts",
];

/** A function opens its house once in a process: one file's would be that of the next. */
export const ofFunctions = [
  "test/deploy/roles.test.ts",
  "test/functions/verify/authorizer.test.ts",
  "test/runtime/kept-house.test.ts",
  "test/runtime/lambda.test.ts",
  "test/runtime/wake.test.ts",
];
