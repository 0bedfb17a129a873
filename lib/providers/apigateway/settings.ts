import * as z from "zod";
import type { EmbeddedProvider } from "../embedded.ts";

/** What an API Gateway provider can be told. */
export const apigatewaySettings = z.strictObject({
  /** Usage plans that an account may have; documented are 200. */
  plansMax: z.int().min(1).max(10_000).default(200),
});

export const settingsOf = (provider: EmbeddedProvider): z.output<typeof apigatewaySettings> =>
  apigatewaySettings.parse(provider.settings.own);
