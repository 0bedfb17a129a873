import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Runs osls in a temporary folder of its own and removes that afterwards: serverless-esbuild makes one for each function
 * and does not get rid of them, because its removal is not recursive. The condition lets `require` resolve what is an ES
 * module only, which serverless.ts imports.
 */
const temp = mkdtempSync(join(tmpdir(), "keyway-serverless-"));
const osls = fileURLToPath(new URL("../node_modules/serverless/bin/serverless.js", import.meta.url));
// The name differs by system.
const env = { ...process.env, TMPDIR: temp, TEMP: temp, TMP: temp };
const child = spawn(process.execPath, ["--conditions=import", osls, ...process.argv.slice(2)], {
  stdio: "inherit",
  env,
});
// The child ends first, so that it writes nothing into a folder that is gone.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("close", (code) => {
  rmSync(temp, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
