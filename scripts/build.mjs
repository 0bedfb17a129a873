import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Bundles the server and its writer thread into dist/. Node could run the sources as they are, but stripping their
 * types costs each process 35 MB of memory. Files are exchanged whole, so that processes may start side by side.
 */
export const build = () => {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: { server: "functions/server.ts", "writer-thread": "lib/store/sqlite/writer-thread.ts" },
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    sourcemap: "linked",
    write: false,
    logLevel: "warning",
  });
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}`;
    try {
      writeFileSync(draft, contents);
      renameSync(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return join(root, "dist", "server.mjs");
};
