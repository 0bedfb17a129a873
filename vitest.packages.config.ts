import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** What `npm run package` writes, twice and byte for byte: it takes too long to stand among the others. */
export default defineConfig({
  test: { ...base.test, include: ["test/deploy/cloudformation.test.ts"], exclude: [] },
});
