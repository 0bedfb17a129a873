import type { Key, Limits } from "../schemas/key.ts";

export const noLimits: Limits = { requestsPerMinute: null, tokensPerMinute: null, tokenQuotas: [] };

/** What a key may be used for, from where and how often. */
export type Restrictions = Pick<Key, "scope" | "ipAllowlist" | "limits">;

export const unrestricted: Restrictions = {
  scope: { models: "all", endpoints: "all" },
  ipAllowlist: [],
  limits: noLimits,
};
