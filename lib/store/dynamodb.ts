import { type ChainName, isReadings } from "../audit/chain-name.ts";
import type { DynamoCalls } from "./dynamodb/calls.ts";
import { openCommit } from "./dynamodb/commit.ts";
import { openListKeys } from "./dynamodb/list-keys.ts";
import { actedPartition, counterPlace, totalsPartition } from "./dynamodb/places.ts";
import { openProgress } from "./dynamodb/progress.ts";
import { openAuditReads } from "./dynamodb/read-audit.ts";
import { openCredentialReads } from "./dynamodb/read-credentials.ts";
import { openDocumentReads } from "./dynamodb/read-documents.ts";
import { openEventReads } from "./dynamodb/read-events.ts";
import { openKeyReads } from "./dynamodb/read-keys.ts";
import { openRefusals } from "./dynamodb/refusals.ts";
import { numberOf, textOf } from "./dynamodb/row.ts";
import { openSpends } from "./dynamodb/spends.ts";
import { openTable, type Table } from "./dynamodb/table.ts";
import { openUsage } from "./dynamodb/usage.ts";
import { openWrappedKeys } from "./dynamodb/wrapped-keys.ts";
import type { KeyCount } from "./port/key-query.ts";
import type { Store } from "./port/store.ts";

/** The store on one table of DynamoDB, for as many processes as there are: docs/decisions/0008-dynamodb.md. */
export const openDynamoStore = (calls: DynamoCalls, tableName: string): Store => {
  const table = openTable(calls, tableName);
  const { idle, ...commits } = openCommit(table);
  const { payUsage, ...usage } = openUsage(table);

  return {
    ...commits,
    ...openKeyReads(table),
    ...openDocumentReads(table),
    ...openEventReads(table),
    progress: openProgress(table),
    ...openCredentialReads(table),
    ...openAuditReads(table),
    ...openRefusals(table),
    ...openWrappedKeys(table),
    ...openSpends(table),
    ...usage,
    listKeys: openListKeys(table),
    countKeys: () => countKeys(table),
    readCounter: async (account, counter) => {
      const [row] = await table.get([counterPlace(account, counter)]);
      return row === undefined ? 0 : numberOf(row, "value");
    },
    // Each row is added to its minute, hour and day when it comes.
    sumUpUsage: async () => undefined,
    // DynamoDB does it by itself, by each row's `ttl`.
    pruneEnded: async () => undefined,
    isOpen: table.isOpen,
    close: async () => {
      await idle();
      await payUsage();
      table.close();
    },
  };
};

/** From the totals of each account's lists. Asked once, where somebody starts a server. */
const countKeys = async (table: Table): Promise<readonly KeyCount[]> => {
  const counts = new Map<string, number>();
  for await (const { place } of table.query({ pk: actedPartition })) {
    const chain = place.sk as ChainName;
    if (isReadings(chain)) continue;
    for await (const row of table.query({ pk: totalsPartition(chain) })) {
      const provider = textOf(row, "provider");
      counts.set(provider, (counts.get(provider) ?? 0) + numberOf(row, "total"));
    }
  }
  return [...counts]
    .filter(([, keys]) => keys > 0)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([provider, keys]) => ({ provider, keys }));
};
