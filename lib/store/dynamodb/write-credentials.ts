import type { CredentialRecord } from "../port/records.ts";
import { StoreRefusal, type Write } from "../port/unit.ts";
import {
  accountPlace,
  credentialInOrder,
  credentialPlace,
  secretIdPlace,
  subUinPlace,
  tokenPlace,
} from "./places.ts";
import { documentOf, numberOf, type Place } from "./row.ts";
import type { Work } from "./work.ts";

type WriteOf<Type extends Write["type"]> = Extract<Write, { type: Type }>;

/** Where a credential is found: each is a row of its own with the whole record, so that finding it is one read. */
const found = ({ account, subUin, secretId, tokenDigest }: CredentialRecord): readonly Place[] => [
  secretIdPlace(secretId),
  tokenPlace(tokenDigest),
  subUinPlace(account, subUin),
];

const nameOf = ({ pk, sk }: Place): string => `${pk} ${sk}`;

/** The rows of the record as it is from now on; those of what it was are gone. */
const write = async (
  work: Work,
  type: Write["type"],
  before: CredentialRecord | undefined,
  after: CredentialRecord | undefined,
): Promise<void> => {
  const own = new Set((before === undefined ? [] : found(before)).map(nameOf));
  const next = after === undefined ? [] : found(after);
  await work.load([...(before === undefined ? [] : found(before)), ...next]);
  for (const place of next) {
    const taken = await work.read(place);
    if (taken !== undefined && !own.has(nameOf(place))) throw new StoreRefusal("exists", type);
  }
  for (const place of before === undefined ? [] : found(before)) work.remove(place);
  for (const place of next) work.put(place, { doc: JSON.stringify(after) });
};

export const insertAccount = async (
  work: Work,
  { type, record }: WriteOf<"insertAccount">,
): Promise<void> => {
  const place = accountPlace(record.id);
  if ((await work.read(place)) !== undefined) throw new StoreRefusal("exists", type);
  work.put(place, { doc: JSON.stringify(record) });
};

export const insertCredential = async (
  work: Work,
  { type, record }: WriteOf<"insertCredential">,
  seq: number,
): Promise<void> => {
  const place = credentialPlace(record.account, record.id);
  if ((await work.read(place)) !== undefined) throw new StoreRefusal("exists", type);
  await write(work, type, undefined, record);
  work.put(place, { doc: JSON.stringify(record), seq });
  work.set(credentialInOrder(record.account, seq), { id: record.id });
};

export const replaceCredential = async (
  work: Work,
  { type, record }: WriteOf<"replaceCredential">,
): Promise<void> => {
  const row = await work.read(credentialPlace(record.account, record.id));
  if (row === undefined) throw new StoreRefusal("missing", type);
  await write(work, type, documentOf<CredentialRecord>(row), record);
  work.put(row.place, { doc: JSON.stringify(record), seq: numberOf(row, "seq") });
};

export const deleteCredential = async (
  work: Work,
  { type, account, id }: WriteOf<"deleteCredential">,
): Promise<void> => {
  const row = await work.read(credentialPlace(account, id));
  if (row === undefined) throw new StoreRefusal("missing", type);
  await write(work, type, documentOf<CredentialRecord>(row), undefined);
  work.remove(row.place);
  work.drop(credentialInOrder(account, numberOf(row, "seq")));
};

/** What a write of accounts and credentials will read. */
export const credentialPlaces = (write: Write): readonly Place[] => {
  switch (write.type) {
    case "insertAccount":
      return [accountPlace(write.record.id)];
    case "insertCredential":
    case "replaceCredential":
      return [credentialPlace(write.record.account, write.record.id), ...found(write.record)];
    case "deleteCredential":
      return [credentialPlace(write.account, write.id)];
    default:
      return [];
  }
};
