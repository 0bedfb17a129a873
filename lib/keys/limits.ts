import type { Limits } from "../schemas/key.ts";

export const noLimits: Limits = { requestsPerMinute: null, tokensPerMinute: null, tokenQuotas: [] };
