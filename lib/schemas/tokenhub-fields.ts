import * as z from "zod";
import { isIpv4OrCidr } from "../keys/allowlist.ts";

/** What TokenHub's requests and the canonical key have in common: every action knows its bounds. */

export const name = z.string().min(1).max(128);
/** The length is not documented; a bound keeps a row within what every store can hold. */
export const remark = z.string().max(4096);

export const repeated = (values: readonly string[]): boolean => new Set(values).size !== values.length;

export const ipWhitelist = z
  .array(z.string().refine(isIpv4OrCidr, { message: "must be an IPv4 address or an IPv4 CIDR range." }))
  .max(50)
  .refine((entries) => !repeated(entries), { message: "must not hold the same entry twice." });

/** 10 万亿, the documented maximum of tokens in a cycle. */
export const cycleCreditsMax = 10n ** 13n;
