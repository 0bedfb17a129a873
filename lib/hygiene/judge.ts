import type { Provider } from "../providers/port.ts";
import type { Finding } from "../schemas/hygiene.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import { readExceptions } from "./exceptions.ts";
import { factsOf, type Parts, readCommon } from "./read-facts.ts";
import { findingsOf, type Rule } from "./rules.ts";

interface Judging {
  readonly rules: readonly Rule[];
  readonly isUnderAllowlist: boolean;
  /** Without it, what mends a finding may be any call. */
  readonly wantsFix: boolean;
}

/** What is found of each of these keys by the rules, but for what is excepted. */
export const judgeKeys = async (
  parts: Parts,
  account: AccountId,
  providers: readonly Provider[],
  keys: readonly Key[],
  { rules, isUnderAllowlist, wantsFix }: Judging,
): Promise<readonly (readonly Finding[])[]> => {
  const needsUse = rules.some(({ byUse }) => byUse === "finding" || (byUse === "fix" && wantsFix));
  const common = await readCommon(parts, account, keys, { isUnderAllowlist, needsUse });
  return Promise.all(
    keys.map(async (key) => {
      const of = providers.find(({ name }) => name === key.provider);
      if (of === undefined) return [];
      const [facts, { open }] = await Promise.all([
        factsOf(parts, common, of, key),
        readExceptions(parts.store, { account, provider: of.name, id: key.id }, common.now),
      ]);
      return findingsOf(facts, rules, (code) => open.some((one) => one.rule === code));
    }),
  );
};
