import * as z from "zod";
import type { EmbeddedProvider } from "../embedded.ts";

/** What an AIone provider can be told. */
export const aioneSettings = z.strictObject({
  /** How long a rotated secret goes on working. The service's own length is unknown. */
  rotateGraceSeconds: z
    .int()
    .min(0)
    .max(365 * 86_400)
    .default(86_400),
  /** The catalogue of models. When it is there, a key is allowed nothing else. */
  models: z
    .array(z.strictObject({ id: z.string().min(1).max(128), name: z.string().min(1).max(255).optional() }))
    .max(10_000)
    .optional(),
});

export const settingsOf = (provider: EmbeddedProvider): z.output<typeof aioneSettings> =>
  aioneSettings.parse(provider.settings.own);
