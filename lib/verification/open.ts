import { openLimitNotes } from "./limit-notes.ts";
import { exactLimiter, fastLimiter, type LimitMode } from "./limiter.ts";
import type { VerifierParts } from "./parts.ts";
import { openSettle, type Settle } from "./settle.ts";
import { openUsage, type UsageCollector, type UsageOptions } from "./usage.ts";
import { openVerifier, type Verifier } from "./verifier.ts";

/** What the configuration says of verification. */
export interface VerificationSettings {
  readonly limits: LimitMode;
  readonly tokensPerCall: number;
  /** A proxy's header that has the caller's key, besides `Authorization` and `x-api-key`; lower case. */
  readonly keyHeader: string | null;
  /** Proxies between the caller and Keyway, each of which adds the address that it saw to `X-Forwarded-For`. */
  readonly trustedHops: number;
}

export interface Verification {
  readonly verifier: Verifier;
  readonly settle: Settle;
  readonly usage: UsageCollector;
  readonly settings: VerificationSettings;
}

export const openVerification = (
  parts: Pick<VerifierParts, "store" | "vault" | "clock" | "profiles">,
  settings: VerificationSettings,
  { isFunction, ...usageOptions }: UsageOptions & { readonly isFunction: boolean },
): Verification => {
  const notes = openLimitNotes(parts.store, parts.profiles);
  const usage = openUsage(parts.store, {
    ...usageOptions,
    onRefusals: notes.write,
    // A note waits for no call that may never come.
    ...(isFunction && { isUrgent: (of, time) => notes.isNews({ ...of, time }) }),
  });
  const limiter = settings.limits === "exact" ? exactLimiter(parts.store) : fastLimiter(parts.store);
  const all = { ...parts, usage, limiter, tokensPerCall: settings.tokensPerCall };
  return { verifier: openVerifier(all), settle: openSettle(all), usage, settings };
};

export type OpenVerification = typeof openVerification;
