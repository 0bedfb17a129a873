import { readPolicy } from "../policies/documents.ts";
import { isChosen } from "../providers/chosen.ts";
import type { Provider } from "../providers/port.ts";
import { bornAt, secretSince } from "../schedules/decide.ts";
import { abilitiesOf } from "../schedules/look.ts";
import { memoryOf, readSchedule } from "../schedules/schedule.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";
import { stepMs, type UsageRow } from "../store/port/usage.ts";
import type { UsageReads } from "../usage/reads.ts";
import type { KeyFacts, KeyUse, NamedUse } from "./facts.ts";

export interface Parts {
  readonly store: Pick<Store, "readDocument" | "listCredentials">;
  readonly usage: Pick<UsageReads, "groups">;
  readonly clock: () => Date;
}

/** What all keys of a page have in common, read once. */
interface Common {
  readonly account: AccountId;
  readonly isUnderAllowlist: boolean;
  /** Who has a credential: whoever made a key with one of them is not gone. */
  readonly owners: ReadonlySet<string>;
  readonly useOf: (key: Key) => KeyUse;
  readonly now: Date;
}

const usedDays = 30;
const noUse: KeyUse = { models: [], endpoints: [] };

export const readCommon = async (
  parts: Parts,
  account: AccountId,
  keys: readonly Key[],
  { isUnderAllowlist, needsUse }: { readonly isUnderAllowlist: boolean; readonly needsUse: boolean },
): Promise<Common> => {
  const now = parts.clock();
  const [owners, uses] = await Promise.all([
    ownersOf(parts, account),
    usesOf(parts, account, needsUse ? keys : [], now.getTime()),
  ]);
  const useOf = ({ provider, id }: Key): KeyUse => uses.get(placeOf(provider, id)) ?? noUse;
  return { account, isUnderAllowlist, owners, useOf, now };
};

export const factsOf = async (
  { store }: Parts,
  common: Common,
  provider: Pick<Provider, "name" | "mode" | "capabilities" | "isChosen">,
  key: Key,
): Promise<KeyFacts> => {
  const { account, owners, now } = common;
  const { name, mode, capabilities } = provider;
  const [{ effective: policy }, schedule] = await Promise.all([
    readPolicy(store, account, { of: "key", provider: name, id: key.id }),
    readSchedule(store, { account, provider: name, id: key.id }),
  ]);
  const memory = memoryOf(schedule);
  const isEmbedded = mode === "embedded";
  return {
    key,
    mode,
    capabilities,
    policy,
    bornAt: bornAt(key, memory),
    secretSince: secretSince(key, memory),
    isChosen: isChosen(provider, key),
    tellsUse: abilitiesOf(provider, key).tellsUse,
    use: common.useOf(key),
    // Of real systems Keyway verifies no key, and who made them it cannot know.
    isUnderAllowlist: isEmbedded && common.isUnderAllowlist,
    isCreatorGone: isEmbedded && !owners.has(key.owner.createdBy),
    now,
  };
};

const credentialsAtOnce = 100;

const ownersOf = async ({ store }: Parts, account: AccountId): Promise<ReadonlySet<string>> => {
  // What the account itself made is of its main account.
  const owners = new Set<string>([account]);
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<Store["listCredentials"]>> = await store.listCredentials(
      account,
      after,
      credentialsAtOnce,
    );
    for (const { subUin } of page) owners.add(subUin);
    const last = page.at(-1);
    if (last === undefined || page.length < credentialsAtOnce) return owners;
    after = last.id;
  }
};

const placeOf = (provider: string, id: string): string => `${provider}/${id}`;

/** With what names the keys of the page were used, in calls that were let in. Of those alone that were used lately. */
const usesOf = async (
  { usage }: Parts,
  account: AccountId,
  keys: readonly Key[],
  now: number,
): Promise<ReadonlyMap<string, KeyUse>> => {
  const to = Math.ceil(now / stepMs.day) * stepMs.day;
  const from = to - usedDays * stepMs.day;
  const used = keys.filter(({ lastUsedAt }) => lastUsedAt !== null && Date.parse(lastUsedAt) >= from);
  const rows = await Promise.all(
    [...Map.groupBy(used, ({ provider }) => provider)].map(([provider, some]) =>
      usage.groups({
        account,
        step: "day",
        from,
        to,
        by: ["provider", "key", "model", "endpoint"],
        where: { provider: [provider], key: some.map(({ id }) => id) },
      }),
    ),
  );
  const letIn = rows.flat().filter(({ outcome }) => outcome === "VALID");
  const byKey = Map.groupBy(letIn, ({ provider, key }) => placeOf(provider, key));
  return new Map(
    [...byKey].map(([place, some]): [string, KeyUse] => [
      place,
      { models: ranked(some, "model"), endpoints: ranked(some, "endpoint") },
    ]),
  );
};

const ranked = (rows: readonly UsageRow[], by: "model" | "endpoint"): readonly NamedUse[] =>
  [...Map.groupBy(rows, (row) => row[by])]
    .filter(([name]) => name !== "")
    .map(([name, some]) => ({ name, requests: some.reduce((sum, { counts }) => sum + counts.requests, 0) }))
    .filter(({ requests }) => requests > 0)
    .sort((one, other) => other.requests - one.requests || (one.name < other.name ? -1 : 1));
