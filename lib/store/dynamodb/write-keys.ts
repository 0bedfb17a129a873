import type { KeyRecord } from "../../keys/record.ts";
import { type PresentedRecord, untoldFields } from "../port/presented.ts";
import type { SealedSecret } from "../port/records.ts";
import { StoreRefusal, type Write } from "../port/unit.ts";
import { keptMs } from "../port/usage.ts";
import {
  byCreation,
  byName,
  deletedKeyPlace,
  keyPlace,
  listPartition,
  presentedPlace,
  spendPlace,
  totalPlace,
  usesPlace,
} from "./places.ts";
import { documentOf, type Fields, jsonOf, numberOf, type Place, type Row } from "./row.ts";
import { ttlOf } from "./ttl.ts";
import type { Work } from "./work.ts";

type WriteOf<Type extends Write["type"]> = Extract<Write, { type: Type }>;

/** A key's own row: what stands in its secrets and aliases is written with it, so that one read has all of it. */
export interface StoredKeyRow {
  readonly record: KeyRecord;
  readonly seq: number;
  readonly secrets: readonly SealedSecret[];
  readonly aliases: readonly string[];
}

/** One key that has the secret that is presented; its record stands there, too. */
export interface Holder {
  readonly record: PresentedRecord;
  readonly generation: number;
  readonly until: string | null;
}

export const keyRowOf = (row: Row): StoredKeyRow => ({
  record: documentOf(row),
  seq: numberOf(row, "seq"),
  secrets: jsonOf(row, "secrets"),
  aliases: jsonOf(row, "aliases"),
});

/** An alias stands where a key of that id would, so that no two are called the same. */
export const aliasedId = ({ fields }: Row): string | undefined =>
  typeof fields.alias === "string" ? fields.alias : undefined;

export const holdersOf = (row: Row | undefined): readonly Holder[] =>
  row === undefined ? [] : jsonOf(row, "holders");

const placeOf = ({ account, service, key }: KeyRecord): Place => keyPlace(account, service, key.id);

const put = (work: Work, { record, seq, secrets, aliases }: StoredKeyRow): void =>
  work.put(placeOf(record), {
    doc: JSON.stringify(record),
    seq,
    secrets: JSON.stringify(secrets),
    aliases: JSON.stringify(aliases),
  });

/** The key's rows in its list, in both orders, with all that a list filters by. */
const listRows = ({
  record,
  seq,
}: Pick<StoredKeyRow, "record" | "seq">): readonly (readonly [Place, Fields])[] => {
  const { account, service, region, variant, key } = record;
  const pk = listPartition(account, key.provider, region);
  const createdAt = Date.parse(key.createdAt);
  const { id, name, status } = key;
  const { team } = key.owner;
  const fields = { id, service, name, status, variant, createdAt, seq, ...(team !== null && { team }) };
  return [
    [{ pk, sk: byCreation(createdAt, seq) }, fields],
    [{ pk, sk: byName(name, seq) }, fields],
  ];
};

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** A change that no list shows costs no row of one. */
const relist = (
  work: Work,
  before: ReturnType<typeof listRows>,
  after: ReturnType<typeof listRows>,
): void => {
  if (isSame(before, after)) return;
  for (const [place] of before) work.drop(place);
  for (const [place, fields] of after) work.set(place, fields);
};

const addToTotal = async (work: Work, { account, region, key }: KeyRecord, by: number): Promise<void> => {
  const place = totalPlace(account, key.provider, region);
  const row = await work.read(place);
  const total = (row === undefined ? 0 : numberOf(row, "total")) + by;
  work.put(place, { provider: key.provider, region, total });
};

const isOf = (record: KeyRecord, holder: Holder): boolean =>
  holder.record.service === record.service && holder.record.key.id === record.key.id;

const presentedOf = (record: KeyRecord): PresentedRecord => {
  const key = Object.entries(record.key).filter(([name]) => !untold.has(name));
  return { ...record, key: Object.fromEntries(key) as PresentedRecord["key"] };
};
const untold: ReadonlySet<string> = new Set(untoldFields);

/** Under each digest, the key as it is now with the secrets that it has now. */
const present = async (
  work: Work,
  record: KeyRecord,
  before: readonly SealedSecret[],
  after: readonly SealedSecret[],
): Promise<void> => {
  const digests = new Set([...before, ...after].flatMap(({ digest }) => (digest === null ? [] : [digest])));
  for (const digest of digests) {
    const place = presentedPlace(record.account, digest);
    const others = holdersOf(await work.read(place)).filter((one) => !isOf(record, one));
    const own = after
      .filter((secret) => secret.digest === digest)
      .map(({ generation, until }): Holder => ({ record: presentedOf(record), generation, until }));
    const holders = [...others, ...own];
    if (holders.length === 0) work.remove(place);
    else work.put(place, { holders: JSON.stringify(holders) });
  }
};

const found = async (
  work: Work,
  type: Write["type"],
  place: Place,
  expectedVersion: number,
): Promise<StoredKeyRow> => {
  const row = await work.read(place);
  if (row === undefined || aliasedId(row) !== undefined) throw new StoreRefusal("missing", type);
  const stored = keyRowOf(row);
  if (stored.record.key.version !== expectedVersion) throw new StoreRefusal("conflict", type);
  return stored;
};

export const insertKey = async (
  work: Work,
  { type, record, secret }: WriteOf<"insertKey">,
  seq: number,
): Promise<void> => {
  if (secret.generation !== record.generation)
    throw new Error("the secret is of another generation than its key");
  if ((await work.read(placeOf(record))) !== undefined) throw new StoreRefusal("exists", type);
  const stored = { record, seq, secrets: [secret], aliases: [] };
  put(work, stored);
  for (const [place, fields] of listRows(stored)) work.set(place, fields);
  await present(work, record, [], stored.secrets);
  await addToTotal(work, record, 1);
};

export const replaceKey = async (
  work: Work,
  { type, record, expectedVersion, secrets }: WriteOf<"replaceKey">,
): Promise<void> => {
  const before = await found(work, type, placeOf(record), expectedVersion);
  const after = { ...before, record, secrets: secrets ?? before.secrets };
  // The key would be without a secret.
  const current =
    secrets === undefined
      ? before.record.generation
      : secrets.find(({ until }) => until === null)?.generation;
  if (record.generation !== current) throw new Error("a key and its current secret are of one generation");
  relist(work, listRows(before), listRows(after));
  put(work, after);
  // What no verdict is about costs no row of one: binding a plan to fifty keys has to fit in one transaction.
  if (secrets !== undefined || !isSame(presentedOf(before.record), presentedOf(record))) {
    await present(work, record, before.secrets, after.secrets);
  }
  const isMoved =
    before.record.region !== record.region || before.record.key.provider !== record.key.provider;
  if (isMoved) {
    await addToTotal(work, before.record, -1);
    await addToTotal(work, record, 1);
  }
};

export const deleteKey = async (
  work: Work,
  { type, account, service, id, expectedVersion }: WriteOf<"deleteKey">,
  time: string,
): Promise<void> => {
  const place = keyPlace(account, service, id);
  const before = await found(work, type, place, expectedVersion);
  const { record, secrets, aliases } = before;
  work.remove(place);
  for (const [listed] of listRows(before)) work.drop(listed);
  await present(work, record, secrets, []);
  for (const alias of aliases) {
    const at = keyPlace(account, service, alias);
    await work.read(at);
    work.remove(at);
  }
  await addToTotal(work, record, -1);
  work.drop(usesPlace(account, service, id));
  // Windows that end are forgotten. A lifetime ends with its key.
  work.drop(spendPlace(account, `${record.key.provider}/${id}/lifetime`, "lifetime"));
  const kept = Date.parse(time) + keptMs.day;
  work.set(deletedKeyPlace(account, service, id), { name: record.key.name, ttl: ttlOf(kept) });
};

export const insertAlias = async (
  work: Work,
  { type, account, service, alias, id }: WriteOf<"insertAlias">,
): Promise<void> => {
  const row = await work.read(keyPlace(account, service, id));
  if (row === undefined || aliasedId(row) !== undefined) throw new StoreRefusal("missing", type);
  const place = keyPlace(account, service, alias);
  if ((await work.read(place)) !== undefined) throw new StoreRefusal("exists", type);
  work.put(place, { alias: id });
  const stored = keyRowOf(row);
  put(work, { ...stored, aliases: [...stored.aliases, alias] });
};

/** What a write of keys will read. */
export const keyPlaces = (write: Write): readonly Place[] => {
  switch (write.type) {
    case "insertKey": {
      const { account, region, key } = write.record;
      const { digest } = write.secret;
      return [
        placeOf(write.record),
        totalPlace(account, key.provider, region),
        ...(digest === null ? [] : [presentedPlace(account, digest)]),
      ];
    }
    case "replaceKey":
      return [placeOf(write.record)];
    case "deleteKey":
      return [keyPlace(write.account, write.service, write.id)];
    case "insertAlias":
      return [
        keyPlace(write.account, write.service, write.id),
        keyPlace(write.account, write.service, write.alias),
      ];
    default:
      return [];
  }
};
