import * as z from "zod";

/** What an account says of all its keys. It is a document of its own, so that accounts never change. */
export const accountRules = z.object({ ipAllowlist: z.array(z.string()) });
export type AccountRules = z.infer<typeof accountRules>;

/** Where it is kept: of no provider, and one of its kind. The store reads it together with a presented key. */
export const accountRulesPlace = { provider: "", kind: "account-rules", id: "account-rules" } as const;

export const noRules: AccountRules = { ipAllowlist: [] };

export const rulesIn = (body: unknown): AccountRules =>
  body === undefined ? noRules : accountRules.parse(body);
