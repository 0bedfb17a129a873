import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** The zips as `npm run package` makes them, which takes a minute: those of KEYWAY_PACKAGES if it names their folder. */
export const makePackages = (folder: string): string => {
  const made = process.env.KEYWAY_PACKAGES;
  if (made !== undefined) return made;
  execFileSync(process.execPath, ["scripts/serverless.mjs", "package", "--package", folder], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: "ignore",
  });
  return folder;
};

export interface PackagedFunction {
  /** The one that its zip holds: `functions/verify/authorizer` */
  readonly file: string;
  readonly zip: string;
}

export const packagedFunctions = (packages: string): readonly PackagedFunction[] =>
  readdirSync(packages)
    .filter((name) => name.endsWith(".zip"))
    .map((name) => {
      const zip = join(packages, name);
      const listed = execFileSync("unzip", ["-Z1", zip], { encoding: "utf8" });
      return { file: listed.trim().replace(/\.mjs$/, ""), zip };
    });

/** Into a folder with nothing else, in that folder; what it needs besides must be in the zip. */
export const unpack = (
  { file, zip }: PackagedFunction,
  folder: string,
): { readonly folder: string; readonly handler: string } => {
  const own = join(folder, basename(zip, ".zip"));
  mkdirSync(own);
  execFileSync("unzip", ["-q", zip, "-d", own]);
  return { folder: own, handler: `${file}.handler` };
};
