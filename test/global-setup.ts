import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Once for a run, before any worker starts: one folder for all that is temporary, which is removed even where a test was
 * killed before it could, and the server's bundle, which tests start (`npm start` makes it anew each time).
 */
export default (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), "keyway-tests-"));
  // The name differs by system; workers inherit it.
  for (const name of ["TMPDIR", "TEMP", "TMP"]) process.env[name] = folder;
  execFileSync(process.execPath, ["scripts/build.mjs"], {
    cwd: join(import.meta.dirname, ".."),
    stdio: "inherit",
  });
  return () => rmSync(folder, { recursive: true, force: true });
};
