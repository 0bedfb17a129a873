import { defineConfig } from "vitest/config";
import { shared } from "./vitest.shared.ts";

/** What needs a proxy of the system's, and so is no part of `npm test`. */
export default defineConfig({ test: { ...shared, include: ["test/proxies/**/*.test.ts"] } });
