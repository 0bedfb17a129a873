import * as z from "zod";
import { type RandomBytes, randomHex } from "../../keys/random.ts";
import { wholeSeconds } from "../../keys/time.ts";
import type { Limits, TokenQuota } from "../../schemas/key.ts";
import type { ApiKeyDetail, QuotaItem } from "../../schemas/tokenhub.ts";

/** TokenHub keeps each quota as a package with an id and a term of its own. */
export const quotaPackage = z.strictObject({
  cycle: z.enum(["day", "month", "lifetime"]),
  pkgId: z.string(),
  startTime: z.string(),
  expireTime: z.string(),
});
type QuotaPackage = z.infer<typeof quotaPackage>;

const cycles = { d: "day", m: "month", lifetime: "lifetime" } as const;
const units = { day: "d", month: "m", lifetime: "lifetime" } as const;

/** Of the documentation's samples: a package runs for twenty years. */
const termYears = 20;
const startDayDefault = 1;

export const toQuotas = (items: readonly QuotaItem[] = []): TokenQuota[] =>
  items.map(({ CycleUnit, CycleCredits, MonthStartDay }) => ({
    cycle: cycles[CycleUnit],
    tokens: BigInt(CycleCredits).toString(), // without leading zeros
    startDay: CycleUnit === "m" ? (MonthStartDay ?? startDayDefault) : null,
  }));

export const fromQuotas = (quotas: readonly TokenQuota[]): QuotaItem[] =>
  quotas.map(({ cycle, tokens, startDay }) => ({
    CycleUnit: units[cycle],
    CycleCredits: tokens,
    ...(startDay !== null && { MonthStartDay: startDay }),
  }));

/**
 * The packages of the wanted quotas. One that stays keeps its id and start; another start day of the month is another
 * package, as documented, and its usage begins anew.
 */
export const packagesFor = (
  wanted: readonly TokenQuota[],
  before: { readonly quotas: readonly TokenQuota[]; readonly packages: readonly QuotaPackage[] },
  random: RandomBytes,
  now: Date,
): QuotaPackage[] =>
  wanted.map((quota) => {
    const old = before.quotas.find((one) => one.cycle === quota.cycle);
    const kept = before.packages.find((one) => one.cycle === quota.cycle);
    if (old !== undefined && kept !== undefined && old.startDay === quota.startDay) return kept;
    const expire = new Date(now);
    expire.setUTCFullYear(expire.getUTCFullYear() + termYears);
    return {
      cycle: quota.cycle,
      pkgId: `limit-${randomHex(random, 16)}`,
      startTime: now.toISOString(),
      expireTime: expire.toISOString(),
    };
  });

const statuses = { normal: 1, exhausted: 3 } as const;

/**
 * `QuotaSet` is absent and `QuotaStatus` empty where no quota is set. `spent` is what each quota has spent in its present
 * cycle, in their order: what verification took of it, and so what the next call is held to.
 */
export const quotaSet = (
  limits: Limits,
  packages: readonly QuotaPackage[],
  spent: readonly number[],
): Pick<ApiKeyDetail, "QuotaSet" | "QuotaStatus"> => {
  if (limits.tokenQuotas.length === 0) return { QuotaStatus: "" };
  const isExhausted = limits.tokenQuotas.map(
    ({ tokens }, place) => BigInt(spent[place] ?? 0) >= BigInt(tokens),
  );
  return {
    QuotaSet: limits.tokenQuotas.map((quota, place) => {
      const held = packages.find((one) => one.cycle === quota.cycle);
      if (held === undefined) throw new Error("a quota without its package");
      return {
        PkgId: held.pkgId,
        Status: isExhausted[place] ? statuses.exhausted : statuses.normal,
        CycleUnit: units[quota.cycle],
        CycleCredits: quota.tokens,
        CycleUsed: String(spent[place] ?? 0),
        StartTime: wholeSeconds(held.startTime),
        ExpireTime: wholeSeconds(held.expireTime),
      };
    }),
    QuotaStatus: isExhausted.includes(true) ? "inactive" : "active",
  };
};
