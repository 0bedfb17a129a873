import * as z from "zod";
import { providerName } from "./facade.ts";
import { secretField } from "./secret-mark.ts";

/**
 * What a part holds is looked at when its turn comes, by the operation that it names: one that is wrong is one outcome
 * that is wrong. Until then nothing tells what in it is secret, so all of it counts as that.
 */
const partBody = secretField(z.json()).optional();
/** Which key an operation is about, and the version of it: `*` for any. */
const target = {
  provider: providerName.optional(),
  id: z.string().min(1).max(256).optional(),
  ifMatch: z.union([z.int().positive(), z.literal("*")]).optional(),
};
/** Only what its operation reads: a creation that named a key or a version would be made without a look at either. */
const batchPart = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("create"), body: partBody }),
  z.strictObject({ op: z.literal("change"), ...target, body: partBody }),
  /** With the id once more, as `confirm`. */
  z.strictObject({ op: z.literal("delete"), ...target, confirm: z.string().max(256).optional() }),
  z.strictObject({ op: z.literal("enable"), ...target }),
  z.strictObject({ op: z.literal("disable"), ...target }),
  z.strictObject({ op: z.literal("rotate"), ...target, body: partBody }),
]);
export type BatchPart = z.infer<typeof batchPart>;

export const batchKeysBody = z.strictObject({ operations: z.array(batchPart).min(1).max(100) });
export const batchKeysReply = z.strictObject({
  outcomes: z.array(
    z.strictObject({
      status: z.int(),
      /** What the operation answers by itself, a problem included; of a deletion its receipt. */
      body: secretField(z.json()),
    }),
  ),
});
