import { defineConfig } from "vitest/config";
import { crashes, shared } from "./vitest.shared.ts";

/** Processes that are killed at many moments, which takes minutes. */
export default defineConfig({ test: { ...shared, include: crashes } });
