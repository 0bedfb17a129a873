import { type Config, ConfigFault } from "./config.ts";

/** A function keeps nothing on its disk. */
export const cloudOf = ({ cloud }: Config): NonNullable<Config["cloud"]> => {
  if (cloud !== undefined) return cloud;
  throw new ConfigFault([
    "KEYWAY_TABLE and KEYWAY_KMS_KEY are missing: a function keeps nothing on its disk.",
  ]);
};

/** A verification reads its key and the account's rules in one call; its caller's own credential would be another one. */
export const verifierKeptMs = 5000;
