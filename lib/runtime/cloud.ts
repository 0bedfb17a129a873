import * as z from "zod";
import { DataFault } from "./data-folder.ts";

/** Where data is kept instead of the data folder. */
export interface Cloud {
  readonly table: string;
  readonly kmsKey: string;
}

/** In the environment. A task that works on the data reads these alone, as it does of the folder. */
export const cloudVariables = {
  KEYWAY_TABLE: z
    .string()
    .regex(/^[\w.-]{3,255}$/, "must be the name of a table")
    .optional(),
  KEYWAY_KMS_KEY: z
    .string()
    .regex(/^[\w:/-]{1,2048}$/, "must be the ARN of a key, or its id")
    .optional(),
};

export const halfCloud =
  "KEYWAY_TABLE and KEYWAY_KMS_KEY go together: what stands in a table is sealed by a key of KMS.";

type Variables = z.output<z.ZodObject<typeof cloudVariables>>;

/** Undefined where the data is in a folder, `half` where one of the two is missing. */
export const cloudIn = ({
  KEYWAY_TABLE: table,
  KEYWAY_KMS_KEY: kmsKey,
}: Variables): Cloud | "half" | undefined => {
  if (table === undefined && kmsKey === undefined) return undefined;
  return table === undefined || kmsKey === undefined ? "half" : { table, kmsKey };
};

export const readCloud = (env: Readonly<Record<string, string | undefined>>): Cloud | undefined => {
  const { success, data, error } = z.object(cloudVariables).safeParse(env);
  if (!success) {
    throw new DataFault(error.issues.map(({ path, message }) => `${path.join(".")} ${message}.`).join(" "));
  }
  const cloud = cloudIn(data);
  if (cloud === "half") throw new DataFault(halfCloud);
  return cloud;
};

/** Of a function, which keeps nothing on its disk. */
export const neededCloud = (cloud: Cloud | undefined): Cloud => {
  if (cloud !== undefined) return cloud;
  throw new DataFault("KEYWAY_TABLE and KEYWAY_KMS_KEY are missing: a function keeps nothing on its disk.");
};

/** A verification reads its key and the account's rules in one call; its caller's own credential would be another one. */
export const verifierKeptMs = 5000;
