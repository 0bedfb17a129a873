import type { AccountId } from "../schemas/key.ts";

const mark = "/readings";
type Readings = `${string}${typeof mark}`;

/**
 * The chain of an account's changes has the account's own name. What was read of its secrets is a chain beside it: readings
 * are many, and no change shall wait for one, or lose a race to it.
 */
export type ChainName = AccountId | Readings;

export const readingsOf = (account: AccountId): ChainName => `${account}${mark}`;

export const isReadings = (chain: ChainName): chain is Readings => chain.endsWith(mark);
