import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** What needs a proxy of the system's, and so is no part of `npm test`. */
export default defineConfig({ test: { ...base.test, include: ["test/proxies/**/*.test.ts"], exclude: [] } });
