import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/**
 * Bundles the server and its writer thread into dist/. Node could run the sources as they are, but stripping their
 * types costs each process 35 MB of memory. Files are exchanged whole, so that processes may start side by side.
 */
const { outputFiles } = buildSync({
  absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
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
