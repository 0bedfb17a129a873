import type { House } from "../../house.ts";
import { compileAllowlist, parseAddress } from "../../keys/allowlist.ts";
import { type RefusalCode, refusalOf } from "../../keys/verdict.ts";
import type { AccountRecord, StoredKey } from "../../store/port/records.ts";
import { readAccountRules, rulesIn } from "../../verification/account-rules.ts";

/** Who calls with a key. */
export interface Holder {
  readonly stored: StoredKey;
  readonly account: AccountRecord;
}

/** What ends a key, the service tells like a key that never was. */
const ends: ReadonlySet<RefusalCode | undefined> = new Set(["DISABLED", "EXPIRED"]);

/**
 * Of the keys that a presented secret belongs to the one that works, by the rules of every verification: a key that the
 * account's allowlist keeps out of `/v1/verify` must not read a catalogue here.
 */
export const holderOf = async (
  candidates: readonly StoredKey[],
  ip: string,
  house: House,
): Promise<{ readonly holder: Holder; readonly refused: RefusalCode | undefined } | undefined> => {
  const now = house.clock().getTime();
  const use = { address: parseAddress(ip), model: undefined, endpoint: undefined, partial: true, now };
  for (const stored of candidates) {
    const { record, secret } = stored;
    // At the moment itself a grace is over, as everywhere.
    if (secret.until !== null && Date.parse(secret.until) <= now) continue;
    const account = await house.store.readAccount(record.account);
    if (account === undefined) throw new Error(`account ${record.account} is missing`);
    const rules = rulesIn((await readAccountRules(house.store, record.account))?.body);
    const subject = {
      key: record.key,
      allowlist: compileAllowlist(record.key.ipAllowlist),
      accountAllowlist: compileAllowlist(rules.ipAllowlist),
    };
    const refused = refusalOf(subject, use);
    if (!ends.has(refused)) return { holder: { stored, account }, refused };
  }
  return undefined;
};
