import { existsSync, statSync } from "node:fs";
import { profiles } from "../lib/providers/profiles.ts";
import { ConfigFault } from "../lib/runtime/config.ts";
import { readConfigFile } from "../lib/runtime/config-file.ts";
import { parts } from "../lib/runtime/config-part.ts";
import { jsonFault } from "../lib/runtime/json-fault.ts";

/** Where the functions' configuration is, here and in every package. Without it they have one provider for each service. */
const place = "deploy/keyway.json";

/** Of whoever builds the package a function is none: what others cannot read it cannot either. */
const forOthers = 0o004;

/**
 * What is wrong in it fails the packaging, and not the first call. The values of the variables that it names are not
 * here: those are checked by the functions that need them.
 */
const checked = (file: string): string => {
  const { faults } = readConfigFile(file, profiles, parts.verifying, () => undefined, jsonFault);
  const isReadable = (statSync(file).mode & forOthers) !== 0;
  const all = [...faults, ...(isReadable ? [] : [`${file}: must be readable by others: chmod 644.`])];
  if (all.length > 0) throw new ConfigFault(all);
  return file;
};

export const configFile = existsSync(place) ? checked(place) : undefined;
