import { checkedCount } from "../page-limit.ts";
import { ForeignCursor } from "../port/key-query.ts";
import type { AccountRecord, CredentialRecord } from "../port/records.ts";
import type { Store } from "../port/store.ts";
import {
  accountPlace,
  accountsPartition,
  credentialInOrder,
  credentialPlace,
  credentialsPartition,
  secretIdPlace,
  tokenPlace,
} from "./places.ts";
import { documentOf, numberOf, type Place, textOf } from "./row.ts";
import type { Table } from "./table.ts";

type CredentialReads = Pick<
  Store,
  | "readAccount"
  | "listAccounts"
  | "readCredential"
  | "findCredentialBySecretId"
  | "findCredentialByToken"
  | "listCredentials"
>;

export const openCredentialReads = (table: Table): CredentialReads => {
  const document = async <Document>(place: Place): Promise<Document | undefined> => {
    const [row] = await table.get([place]);
    return row && documentOf<Document>(row);
  };

  return {
    readAccount: (id) => document<AccountRecord>(accountPlace(id)),
    listAccounts: async (after, limit) => {
      const found: AccountRecord[] = [];
      if (checkedCount("limit", limit, 0) === 0) return found;
      const rows = table.query({
        pk: accountsPartition,
        ...(after !== null && { from: after }),
        pageSize: limit + 1,
      });
      for await (const row of rows) {
        if (row.place.sk === after) continue;
        found.push(documentOf<AccountRecord>(row));
        if (found.length === limit) break;
      }
      return found;
    },
    readCredential: (account, id) => document<CredentialRecord>(credentialPlace(account, id)),
    findCredentialBySecretId: (secretId) => document<CredentialRecord>(secretIdPlace(secretId)),
    findCredentialByToken: (digest) => document<CredentialRecord>(tokenPlace(digest)),
    listCredentials: async (account, after, limit) => {
      const ids: string[] = [];
      if (checkedCount("limit", limit, 0) === 0) return [];
      let from: string | undefined;
      if (after !== null) {
        const [row] = await table.get([credentialPlace(account, after)]);
        if (row === undefined) throw new ForeignCursor();
        from = credentialInOrder(account, numberOf(row, "seq")).sk;
      }
      const query = {
        pk: credentialsPartition(account),
        ...(from !== undefined && { from }),
        pageSize: limit + 1,
      };
      for await (const row of table.query(query)) {
        if (row.place.sk === from) continue;
        ids.push(textOf(row, "id"));
        if (ids.length === limit) break;
      }
      const rows = await table.get(ids.map((id) => credentialPlace(account, id)));
      return rows.flatMap((row) => (row === undefined ? [] : [documentOf<CredentialRecord>(row)]));
    },
  };
};
