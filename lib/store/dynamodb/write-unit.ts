import { chain, genesis } from "../../audit/chain.ts";
import type { ChainName } from "../../audit/chain-name.ts";
import type { ChainHead } from "../../audit/entry.ts";
import { eventsKeptMs } from "../port/records.ts";
import { StoreRefusal, type Unit, type Write } from "../port/unit.ts";
import { actedPlace, auditEntryPlace, auditHeadPlace, counterPlace, eventPlace } from "./places.ts";
import { numberOf, type Place, type Row, textOf } from "./row.ts";
import { ttlOf } from "./ttl.ts";
import type { Work } from "./work.ts";
import {
  credentialPlaces,
  deleteCredential,
  insertAccount,
  insertCredential,
  replaceCredential,
} from "./write-credentials.ts";
import { documentPlaces, writeDocument } from "./write-documents.ts";
import { deleteKey, insertAlias, insertKey, keyPlaces, replaceKey } from "./write-keys.ts";

/** Rows of one unit are in the order of its commit and their own: the account's chain counts, and so many fit between. */
export const rowsOfUnitMax = 1000;

export const headOf = (row: Row | undefined): ChainHead =>
  row === undefined ? genesis : { seq: numberOf(row, "seq"), hash: textOf(row, "hash") };

const count = async (work: Work, write: Extract<Write, { type: "count" }>): Promise<void> => {
  const { type, account, counter, by } = write;
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = write;
  const place = counterPlace(account, counter);
  const row = await work.read(place);
  const value = (row === undefined ? 0 : numberOf(row, "value")) + by;
  if (value < min || value > max) throw new StoreRefusal("limit", type);
  work.put(place, { value });
};

/** What a unit will read, as far as it can be told beforehand. */
export const placesOf = (unit: Unit, inChain: ChainName): readonly Place[] => [
  auditHeadPlace(inChain),
  ...unit.writes.flatMap((write) =>
    write.type === "count"
      ? [counterPlace(write.account, write.counter)]
      : [...keyPlaces(write), ...documentPlaces(write), ...credentialPlaces(write)],
  ),
];

/** The unit's writes, one after the other, then its events and its place in the chain. */
export const writeUnit = async (work: Work, unit: Unit, inChain: ChainName): Promise<ChainHead> => {
  const { account, writes, events, audit } = unit;
  const headPlace = auditHeadPlace(inChain);
  const head = headOf(await work.read(headPlace));
  const first = (head.seq + 1) * rowsOfUnitMax;
  if (writes.length > rowsOfUnitMax) throw new Error("a unit of too many writes");
  for (const [place, write] of writes.entries()) await apply(work, write, first + place, audit.time);
  if (events.length > 0) {
    const ttl = ttlOf(Date.parse(audit.time) + eventsKeptMs);
    work.set(eventPlace(account, first), { events: JSON.stringify(events), time: audit.time, ttl });
  }
  if (head.seq === 0) work.set(actedPlace(inChain), {});
  const entry = chain(inChain, head, audit);
  work.put(auditEntryPlace(inChain, entry.seq), { prev: entry.prev, hash: entry.hash, text: entry.text });
  work.put(headPlace, { account, seq: entry.seq, hash: entry.hash });
  return { seq: entry.seq, hash: entry.hash };
};

const apply = (work: Work, write: Write, seq: number, time: string): Promise<void> => {
  switch (write.type) {
    case "insertKey":
      return insertKey(work, write, seq);
    case "replaceKey":
      return replaceKey(work, write);
    case "deleteKey":
      return deleteKey(work, write, time);
    case "insertAlias":
      return insertAlias(work, write);
    case "count":
      return count(work, write);
    case "insertDocument":
    case "replaceDocument":
    case "deleteDocument":
      return writeDocument(work, write, seq);
    case "insertAccount":
      return insertAccount(work, write);
    case "insertCredential":
      return insertCredential(work, write, seq);
    case "replaceCredential":
      return replaceCredential(work, write);
    case "deleteCredential":
      return deleteCredential(work, write);
  }
};
