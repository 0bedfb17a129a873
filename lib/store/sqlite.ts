import type { DatabaseSync } from "node:sqlite";
import type { Store } from "./port/store.ts";
import type { UsageQuery } from "./port/usage.ts";
import { createFile, openReading } from "./sqlite/connection.ts";
import { countKeys } from "./sqlite/count-keys.ts";
import { expectResult } from "./sqlite/job.ts";
import { prepareListKeys } from "./sqlite/list-keys.ts";
import { prepareAuditReads } from "./sqlite/read-audit.ts";
import { prepareReadCounter } from "./sqlite/read-counters.ts";
import { prepareCredentialReads } from "./sqlite/read-credentials.ts";
import { prepareDocumentReads } from "./sqlite/read-documents.ts";
import { prepareEventReads } from "./sqlite/read-events.ts";
import { prepareKeyReads } from "./sqlite/read-keys.ts";
import { preparePresentedReads } from "./sqlite/read-presented.ts";
import { prepareListRefusals } from "./sqlite/read-refusals.ts";
import { prepareReadSpent } from "./sqlite/read-spent.ts";
import { prepareReadUsage } from "./sqlite/read-usage.ts";
import { prepareWrappedKeyReads } from "./sqlite/read-wrapped-keys.ts";
import { openSnapshots } from "./sqlite/snapshot.ts";
import { prepareReadParts } from "./sqlite/usage-log.ts";
import { partOf, usageTexts } from "./sqlite/usage-text.ts";
import type { Writer, WriterKind } from "./sqlite/writer.ts";

/**
 * Writes go through one connection, on a thread of its own or, where there is no second core to use, on the calling
 * thread. Reads run where they are called: a point read costs less than a message to another thread would.
 */
export const openSqliteStore = async (options: {
  readonly file: string;
  readonly writer: WriterKind;
}): Promise<Store> => {
  const { file } = options;
  createFile(file);
  const writer = await options.writer.open(file);
  try {
    return storeOf(writer, openReading(file));
  } catch (error) {
    await writer.close();
    throw error;
  }
};

const storeOf = (writer: Writer, db: DatabaseSync): Store => {
  const snapshots = openSnapshots(db);
  const keys = prepareKeyReads(db, snapshots);
  const presented = preparePresentedReads(db, snapshots);
  const listKeys = prepareListKeys(db, snapshots);
  const credentials = prepareCredentialReads(db, snapshots);
  const audit = prepareAuditReads(db);
  const listRefusals = prepareListRefusals(db);
  const wrapped = prepareWrappedKeyReads(db);
  const counter = prepareReadCounter(db);
  const documents = prepareDocumentReads(db);
  const events = prepareEventReads(db);
  const spent = prepareReadSpent(db);
  const usage = prepareReadUsage(db);
  const usageParts = prepareReadParts(db);

  /** One short transaction after another, so that others who write have their turn. */
  const sumUp = async (parts: Iterable<number>): Promise<void> => {
    for (const part of parts) {
      while (expectResult(await writer.write({ type: "sumUpUsage", part }), "stepped").isMore);
    }
  };

  const partsOf = ({ where: { key } }: UsageQuery): Iterable<number> =>
    key === undefined ? usageParts() : new Set(key.map(partOf));

  return {
    commit: async (unit) => expectResult(await writer.write({ type: "unit", unit }), "head").head,
    recordReading: async (account, audit) =>
      expectResult(await writer.write({ type: "reading", account, audit }), "head").head,

    readKey: async (account, service, id) => {
      const found = keys.read(account, service, id);
      if (found === undefined || found.record.key.graceUntil === null) return found;
      // Whether the old secret is still in use is what its owner waits to know.
      await sumUp([partOf(found.record.key.id)]);
      return keys.read(account, service, id);
    },
    findKeysByDigest: async (digest) => keys.findByDigest(digest),
    presentedAtHand: presented.atHand,
    findPresented: presented.find,
    readLastUses: async (account, service, id) => {
      await sumUp([partOf(id)]);
      return keys.readLastUses(account, service, id);
    },
    readSecret: async (account, service, id, generation) => keys.readSecret(account, service, id, generation),
    listRegions: async (account, provider) => keys.regions(account, provider),
    listKeys: async (query) => listKeys(query),
    countKeys: async () => countKeys(db),
    readCounter: async (account, name) => counter(account, name),

    readDocument: async (account, provider, kind, id) => documents.read(account, provider, kind, id),
    listDocuments: async (account, provider, kind, region) => documents.list(account, provider, kind, region),
    listDocumentsUnlike: async (account, provider, kind, unlike, page) =>
      documents.listUnlike(account, provider, kind, unlike, page),
    listDocumentsBackwards: async (account, provider, kind, page) =>
      documents.listBackwards(account, provider, kind, page),
    listDue: async (kind, now, limit) => documents.listDue(kind, now, limit),
    progress: async (writes) => {
      if (writes.length > 0) await writer.write({ type: "progress", writes });
    },

    readEvents: async (account, afterSeq, limit) => events.read(account, afterSeq, limit),
    lastEventSeq: async (account) => events.last(account),
    eventSeqBefore: async (account, time) => events.before(account, time),

    pruneEnded: async (now) => {
      while (expectResult(await writer.write({ type: "pruneEnded", now }), "stepped").isMore);
    },

    take: async (account, takes, durable) =>
      expectResult(await writer.write({ type: "take", account, takes, durable }), "taken").taken,
    settle: async (account, id, until, moves) =>
      expectResult(await writer.write({ type: "settle", account, id, until, moves }), "settled").isFirst,
    readSpent: async (account, windows) => spent(account, windows),
    addUsage: async (rows, uses) => {
      await writer.write({ type: "addUsage", texts: usageTexts(rows, uses) });
    },
    sumUpUsage: () => sumUp(usageParts()),
    readUsage: async (query) => {
      await sumUp(partsOf(query));
      return usage.rows(query);
    },
    readUsageGroups: async (query) => {
      await sumUp(partsOf(query));
      return usage.groups(query);
    },
    findsUsageByKey: () => true,
    readKeyNames: async (account, service, ids) => keys.readNames(account, service, ids),

    readAccount: async (id) => credentials.readAccount(id),
    listAccounts: async (after, limit) => credentials.listAccounts(after, limit),
    readCredential: async (account, id) => credentials.read(account, id),
    findCredentialBySecretId: async (secretId) => credentials.findBySecretId(secretId),
    findCredentialByToken: async (tokenDigest) => credentials.findByToken(tokenDigest),
    listCredentials: async (account, after, limit) => credentials.list(account, after, limit),

    readAudit: async (chain, afterSeq, limit) => audit.read(chain, afterSeq, limit),
    readAuditBackwards: async (chain, beforeSeq, limit) => audit.readBackwards(chain, beforeSeq, limit),
    readAuditHead: async (chain) => audit.readHead(chain),
    listAuditHeads: async () => audit.listHeads(),
    addRefusals: async (counts) => {
      if (counts.length > 0) await writer.write({ type: "addRefusals", counts });
    },
    listRefusals: async (account, after, limit) => listRefusals(account, after, limit),

    listWrappedKeys: async (purpose, account) => wrapped.list(purpose, account),
    keepWrappedKey: async (row) =>
      expectResult(await writer.write({ type: "keepWrappedKey", row }), "wrapped").row,
    readMasterId: async () => wrapped.masterId(),
    setMasterId: async (id) => {
      await writer.write({ type: "setMasterId", id });
    },
    listWrappedByOthers: async (masterId, limit) => wrapped.listByOthers(masterId, limit),
    rewrap: async (rows) => {
      if (rows.length > 0) await writer.write({ type: "rewrap", rows });
    },

    isOpen: () => writer.isOpen(),
    close: async () => {
      // The writer goes last: the last connection to close folds the log into the file, and a reader cannot.
      if (db.isOpen) db.close();
      await writer.close();
    },
  };
};
