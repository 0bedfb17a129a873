import type { KeyRecord } from "../../keys/record.ts";
import type { AccountId, ServiceName } from "../../schemas/key.ts";
import type { PresentedKey } from "../port/presented.ts";
import type { LastUse, SealedSecret, StoredKey } from "../port/records.ts";
import type { Store } from "../port/store.ts";
import {
  deletedKeyPlace,
  documentPlace,
  keyPlace,
  presentedPartition,
  presentedPlace,
  totalsOf,
  totalsPartition,
  usesPlace,
} from "./places.ts";
import { documentOf, type Fields, type Row, textOf } from "./row.ts";
import type { Table } from "./table.ts";
import { aliasedId, type Holder, holdersOf, keyRowOf } from "./write-keys.ts";

type KeyReads = Pick<
  Store,
  | "readKey"
  | "readSecret"
  | "findKeysByDigest"
  | "presentedAtHand"
  | "findPresented"
  | "readLastUses"
  | "readKeyNames"
  | "listRegions"
>;

interface Use {
  readonly generation: number;
  readonly at: string;
  readonly ip: string;
}

/** `at2` and `ip2` are of the second secret. */
const usesOf = (fields: Fields = {}): readonly Use[] =>
  Object.entries(fields)
    .flatMap(([name, at]): Use[] => {
      const generation = /^at(\d+)$/.exec(name)?.[1];
      const ip = fields[`ip${generation}`];
      if (generation === undefined || typeof at !== "string" || typeof ip !== "string") return [];
      return [{ generation: Number(generation), at, ip }];
    })
    .sort((one, other) => other.generation - one.generation);

/** The record with its last use, which stands beside it; the one of a replaced secret is told while its grace lasts. */
export const usedRecord = (record: KeyRecord, row: Row | undefined): KeyRecord => {
  const uses = usesOf(row?.fields);
  const { key } = record;
  const lastUsedAt = uses.reduce<string | null>(
    (latest, { at }) => (latest === null || at > latest ? at : latest),
    null,
  );
  if (key.graceUntil === null)
    return lastUsedAt === null ? record : { ...record, key: { ...key, lastUsedAt } };
  const old = uses.find(({ generation }) => generation === record.generation - 1);
  const graceLastUse = old === undefined ? null : { at: old.at, ip: old.ip };
  return { ...record, key: { ...key, lastUsedAt: lastUsedAt ?? key.lastUsedAt, graceLastUse } };
};

export const openKeyReads = (table: Table): KeyReads => {
  /** The key's row and that of its uses; of an alias, those of what it stands for. */
  const rowsOf = async (
    account: AccountId,
    service: ServiceName,
    id: string,
  ): Promise<readonly [key: Row, uses: Row | undefined] | undefined> => {
    const [row, uses] = await table.get([keyPlace(account, service, id), usesPlace(account, service, id)]);
    if (row === undefined) return undefined;
    const alias = aliasedId(row);
    return alias === undefined ? [row, uses] : rowsOf(account, service, alias);
  };

  const readKey: Store["readKey"] = async (account, service, id) => {
    const rows = await rowsOf(account, service, id);
    if (rows === undefined) return undefined;
    const { record, secrets } = keyRowOf(rows[0]);
    const secret = secrets.find(({ generation }) => generation === record.generation);
    if (secret === undefined) throw new Error("a key without its secret");
    return { record: usedRecord(record, rows[1]), secret };
  };

  return {
    readKey,
    readSecret: async (account, service, id, generation) => {
      const [row] = await table.get([keyPlace(account, service, id)]);
      return row === undefined || aliasedId(row) !== undefined
        ? undefined
        : keyRowOf(row).secrets.find((secret) => secret.generation === generation);
    },

    findKeysByDigest: async (digest) => {
      const holders: Holder[] = [];
      for await (const row of table.query({ pk: presentedPartition(digest) }))
        holders.push(...holdersOf(row));
      const found = await Promise.all(
        holders.map(async ({ record, generation }): Promise<readonly StoredKey[]> => {
          const { account, service, key } = record;
          const rows = await rowsOf(account, service, key.id);
          if (rows === undefined) return [];
          const stored = keyRowOf(rows[0]);
          const secret = stored.secrets.find((one: SealedSecret) => one.generation === generation);
          return secret === undefined ? [] : [{ record: usedRecord(stored.record, rows[1]), secret }];
        }),
      );
      return found.flat();
    },

    // Another process may have changed it, and only the table can tell.
    presentedAtHand: () => undefined,
    findPresented: async (account, digest) => {
      const [presented, rules] = await table.get([
        presentedPlace(account, digest),
        documentPlace(account, "", "account-rules", "account-rules"),
      ]);
      const accountRules = rules === undefined ? undefined : documentOf<{ body: unknown }>(rules).body;
      return holdersOf(presented).map(
        ({ record, generation, until }): PresentedKey => ({
          record,
          secret: { generation, until },
          accountRules,
        }),
      );
    },

    readLastUses: async (account, service, id) => {
      const [uses] = await table.get([usesPlace(account, service, id)]);
      return usesOf(uses?.fields).map((use): LastUse => ({ account, service, id, ...use }));
    },

    readKeyNames: async (account, service, ids) => {
      const rows = await table.get([
        ...ids.map((id) => deletedKeyPlace(account, service, id)),
        ...ids.map((id) => keyPlace(account, service, id)),
      ]);
      // Of one that was deleted and made again, the name that it has now.
      const names = new Map<string, string>();
      for (const [place, id] of ids.entries()) {
        const [deleted, row] = [rows[place], rows[ids.length + place]];
        if (deleted !== undefined) names.set(id, textOf(deleted, "name"));
        if (row !== undefined && aliasedId(row) === undefined) names.set(id, keyRowOf(row).record.key.name);
      }
      return names;
    },

    listRegions: async (account, provider) => {
      const from = totalsOf(provider);
      const regions: string[] = [];
      for await (const row of table.query({ pk: totalsPartition(account), from, to: `${from}\uffff` })) {
        regions.push(textOf(row, "region"));
      }
      return regions.sort();
    },
  };
};
