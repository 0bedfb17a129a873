import { Refusal } from "../errors.ts";
import type { Asked } from "../keys/asked.ts";

/** Whether a key with this end would be of any use. */
export const isToCome = (time: string, now: Date): boolean => Date.parse(time) > now.getTime();

/** An end that stands already may have passed; nobody is to be given one that has. */
export const refusePast = (
  before: Pick<Asked, "expiresAt">,
  { expiresAt }: Pick<Asked, "expiresAt">,
  now: Date,
): void => {
  if (expiresAt === null || expiresAt === before.expiresAt || isToCome(expiresAt, now)) return;
  throw new Refusal("field_value_invalid", "The `expiresAt` must be a time to come.", {
    issues: [{ path: "expiresAt", message: "must be a time to come" }],
  });
};
