import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePackages } from "../support/packages.ts";

/** Once for a run; workers inherit where they are, in the folder of all that is temporary. */
export default (): void => {
  process.env.KEYWAY_PACKAGES = makePackages(mkdtempSync(join(tmpdir(), "packages-")));
};
