import type { RandomBytes } from "../../keys/random.ts";
import type { KeyRecord } from "../../keys/record.ts";
import { committed, insertReceipt, toldOf } from "../../receipts/receipt.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Key } from "../../schemas/key.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import type { EventDraft, SealedSecret } from "../../store/port/records.ts";
import type { Store } from "../../store/port/store.ts";
import type { Write } from "../../store/port/unit.ts";
import { auditDraft, type Caller } from "../caller.ts";
import type { Ending } from "../endings.ts";
import type { Profile } from "../profile.ts";

interface Parts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

export interface Effects {
  /** Of the secret that the reply carries. */
  readonly generation?: number | null;
  readonly endings?: readonly Ending[];
}

export type Writing = ReturnType<typeof openWriting>;

/** One change of a key as one commit: with its entry, its event, its receipt and what its caller brings along. */
export const openWriting = ({ store, clock, random, uuid }: Parts, profile: Profile, name: string) => {
  const event = (
    { reason }: Caller,
    type: EventDraft["type"],
    key: Key,
    time: string,
    receipt: Receipt | undefined,
  ): EventDraft => ({
    id: uuid(),
    type,
    time,
    subject: `${name}/${key.id}`,
    version: key.version,
    data: {
      provider: name,
      id: key.id,
      name: key.name,
      status: key.status,
      ...(receipt && toldOf(receipt)),
      ...(reason && { reason }),
    },
  });

  /** What ends with the change has its receipt in the same commit; the first of them is what the reply is about. */
  const commit = async (
    caller: Caller,
    writes: readonly Write[],
    type: EventDraft["type"],
    key: Key,
    { generation = null, endings = [] }: Effects = {},
  ): Promise<Receipt | undefined> => {
    const now = clock();
    const time = now.toISOString();
    const account = caller.account.id;
    const secret = generation === null ? null : { provider: name, id: key.id, generation };
    const beside = caller.alongside?.(key);
    const receipts = endings.map(({ at, ...ended }) =>
      committed({ provider: name, key: key.id, ...ended }, random, now, at),
    );
    const [receipt] = receipts;
    const reply = { ...(type !== "key.deleted" && { key }), ...(receipt && { receipt }) };
    await store.commit({
      account,
      // First, because of two calls that are one the second must not be told that its own first has used up a limit.
      writes: [
        ...(caller.once?.outcome({ reply, secret }) ?? []),
        ...(beside?.writes ?? []),
        ...writes,
        ...receipts.map((one) => insertReceipt(account, { receipt: one, sealed: null })),
      ],
      audit: auditDraft(caller, `${name}/${key.id}`, time),
      events: [event(caller, type, key, time, receipt), ...(beside?.events ?? [])],
    });
    return receipt;
  };

  /** The record as the decision wants it, one version on. What it is found by cannot be decided away. */
  const next = (record: KeyRecord, wanted: Key): KeyRecord => {
    const { id, provider, version } = record.key;
    const native =
      wanted.native === record.key.native
        ? wanted.native
        : parseInput(profile.native, wanted.native, "native");
    const key = { ...wanted, native, id, provider, version: version + 1, updatedAt: clock().toISOString() };
    return { ...record, variant: profile.variantOf(key, record.materialKind), key };
  };

  const replace = async (
    caller: Caller,
    before: KeyRecord,
    record: KeyRecord,
    type: EventDraft["type"],
    { secrets, endings = [] }: { readonly secrets?: readonly SealedSecret[] } & Pick<Effects, "endings"> = {},
  ): Promise<Receipt | undefined> => {
    const expectedVersion = before.key.version;
    const write: Write = { type: "replaceKey", record, expectedVersion, ...(secrets && { secrets }) };
    const generation = secrets === undefined ? null : record.generation;
    return commit(caller, [write], type, record.key, { generation, endings });
  };

  return { commit, next, replace };
};
