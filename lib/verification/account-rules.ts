import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { Write } from "../store/port/unit.ts";

/** What an account says of all its keys. It is a document of its own, so that accounts never change. */
const accountRules = z.object({ ipAllowlist: z.array(z.string()) });
export type AccountRules = z.infer<typeof accountRules>;

/** Where it is kept: of no provider, and one of its kind. The store reads it together with a presented key. */
const place = { provider: "", kind: "account-rules", id: "account-rules" } as const;

const noRules: AccountRules = { ipAllowlist: [] };

export const rulesIn = (body: unknown): AccountRules =>
  body === undefined ? noRules : accountRules.parse(body);

export const readAccountRules = (store: Store, account: AccountId): Promise<DocumentRecord | undefined> =>
  store.readDocument(account, place.provider, place.kind, place.id);

/** The first of them is version 1; before that there are none, and that is version 0. */
export const accountRulesWrite = (
  account: AccountId,
  rules: AccountRules,
  expectedVersion: number,
): Write => {
  const record: DocumentRecord = {
    ...place,
    account,
    region: "",
    version: expectedVersion + 1,
    body: rules,
  };
  return expectedVersion === 0
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion };
};
