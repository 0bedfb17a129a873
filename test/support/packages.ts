import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
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
  /** The bundle that its zip holds: `functions/verify/authorizer` */
  readonly file: string;
  readonly zip: string;
}

export const packagedFunctions = (packages: string): readonly PackagedFunction[] =>
  readdirSync(packages)
    .filter((name) => name.endsWith(".zip"))
    .map((name) => {
      const zip = join(packages, name);
      const listed = execFileSync("unzip", ["-Z1", zip], { encoding: "utf8" });
      const bundle = listed.split("\n").find((file) => file.endsWith(".mjs")) ?? "";
      return { file: bundle.replace(/\.mjs$/, ""), zip };
    });

/**
 * Into a folder with nothing else, in that folder; what it needs besides must be in the zip. With a configuration it is what
 * the zip holds where that lies in deploy/ when it is made.
 */
export const unpack = (
  { file, zip }: PackagedFunction,
  folder: string,
  config?: object,
): { readonly folder: string; readonly handler: string } => {
  const own = join(folder, basename(zip, ".zip"));
  mkdirSync(own);
  execFileSync("unzip", ["-q", zip, "-d", own]);
  if (config !== undefined) {
    mkdirSync(join(own, "deploy"), { recursive: true });
    writeFileSync(join(own, "deploy/keyway.json"), JSON.stringify(config));
  }
  return { folder: own, handler: `${file}.handler` };
};
