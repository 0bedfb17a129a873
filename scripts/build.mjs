import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import plugins from "./bundle-plugins.mjs";

/**
 * Bundles the server and its writer thread into dist/. Node could run the sources as they are, but stripping their
 * types costs each process 35 MB of memory, and asking for all of Node's parts 6. Files are exchanged whole, so that processes may start side by side.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { server: "functions/server.ts", "writer-thread": "lib/store/sqlite/writer-thread.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  // What is imported on use, as the client of DynamoDB is, stays out of a server that does not use it.
  splitting: true,
  chunkNames: "chunk-[hash]",
  minify: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  sourcemap: "linked",
  plugins,
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

// Chunks of other sources, which nothing refers to any more.
const written = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(join(root, "dist"))) {
  if (/^chunk-\w+\.mjs(\.map)?$/.test(name) && !written.has(name))
    rmSync(join(root, "dist", name), { force: true });
}
