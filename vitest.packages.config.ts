import { defineConfig } from "vitest/config";
import { packages, shared } from "./vitest.shared.ts";

/**
 * What `npm run package` writes, with a configuration, and twice without, byte for byte; and each bundle alone: building
 * takes its time.
 */
export default defineConfig({ test: { ...shared, include: packages } });
