import type { Verdict } from "../../schemas/verdict.ts";

/**
 * What the application behind hears of a good key. Each is always there, empty where there is nothing to say: where one
 * is left out, a proxy that copies what it finds passes on what its client had sent under that name.
 */
export const toldOf = ({ requestId, keyId, provider, owner, generation, remaining }: Verdict) => ({
  // A receipt is made to stand in a path as it is.
  requestId,
  keyId: safe(keyId),
  provider: safe(provider),
  owner: safe(owner?.account),
  team: safe(owner?.team),
  generation: safe(generation),
  remainingRequests: safe(remaining?.requestsPerMinute),
  remainingTokens: safe(remaining?.tokensPerMinute),
});

/** A team has any characters: a line feed would begin a header, others mean something else to each proxy. */
const safe = (value: string | number | null | undefined): string =>
  encodeURIComponent(String(value ?? "").toWellFormed());
