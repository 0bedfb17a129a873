import { endsOf, readExceptions } from "../hygiene/exceptions.ts";
import { readPolicy } from "../policies/documents.ts";
import type { Provider } from "../providers/port.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { WholePolicy } from "../schemas/policy.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type Abilities, type Decision, decide } from "./decide.ts";
import { memoryOf } from "./schedule.ts";

interface Parts {
  readonly store: Pick<Store, "readDocument">;
  readonly clock: () => Date;
}

export interface Look extends Decision {
  readonly policy: WholePolicy;
}

/** What there is to be done with a key, all that decides about it read at this moment. */
export const lookAt = async (
  { store, clock }: Parts,
  account: AccountId,
  provider: Pick<Provider, "name" | "mode" | "capabilities" | "isChosen">,
  key: Key,
  schedule: DocumentRecord | undefined,
): Promise<Look> => {
  const now = clock();
  const place = { account, provider: provider.name, id: key.id };
  const [{ effective: policy }, { open }] = await Promise.all([
    readPolicy(store, account, { of: "key", provider: provider.name, id: key.id }),
    readExceptions(store, place, now),
  ]);
  const memory = memoryOf(schedule);
  const decision = decide({
    key,
    can: abilitiesOf(provider, key),
    policy,
    memory,
    excepted: endsOf(open),
    now,
  });
  return { ...decision, policy };
};

export const abilitiesOf = (
  { mode, capabilities: { operations }, isChosen }: Pick<Provider, "mode" | "capabilities" | "isChosen">,
  { lastUsedAt }: Pick<Key, "lastUsedAt">,
): Abilities => ({
  rotate: operations.rotate !== "refused" && operations.reveal !== "refused" && isChosen !== "always",
  disable: operations.disable !== "refused",
  tellsUse: operations.verify !== "refused" || lastUsedAt !== null,
  tellsChanges: mode === "embedded",
});
