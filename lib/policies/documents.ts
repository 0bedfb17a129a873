import type { AccountId } from "../schemas/key.ts";
import { type Policy, storedPolicy, type WholePolicy } from "../schemas/policy.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { Write } from "../store/port/unit.ts";
import { effectivePolicy } from "./policy.ts";

/** Where policies are kept: one document for each scope of an account. */

const kind = "policy";

export type PolicyScope =
  | { readonly of: "account" }
  | { readonly of: "provider"; readonly provider: string }
  | { readonly of: "key"; readonly provider: string; readonly id: string };

/** `account`, `provider/aione`, `key/aione/…`: names of providers have no `/` in them. */
export const scopeName = (scope: PolicyScope): string => {
  switch (scope.of) {
    case "account":
      return "account";
    case "provider":
      return `provider/${scope.provider}`;
    case "key":
      return `key/${scope.provider}/${scope.id}`;
  }
};

/** The scope itself and the wider ones, which decide what it leaves open. */
const scopesFrom = (scope: PolicyScope): readonly PolicyScope[] => {
  switch (scope.of) {
    case "account":
      return [scope];
    case "provider":
      return [scope, { of: "account" }];
    case "key":
      return [scope, { of: "provider", provider: scope.provider }, { of: "account" }];
  }
};

export interface ScopedPolicy {
  readonly own: Policy;
  readonly effective: WholePolicy;
  /** 0 where the scope says nothing yet. */
  readonly version: number;
}

export const readPolicy = async (
  store: Pick<Store, "readDocument">,
  account: AccountId,
  scope: PolicyScope,
): Promise<ScopedPolicy> => {
  const found = await Promise.all(
    scopesFrom(scope).map((one) => store.readDocument(account, "", kind, scopeName(one))),
  );
  const policies = found.map((record) => (record === undefined ? {} : storedPolicy.parse(record.body)));
  return {
    own: policies[0] ?? {},
    effective: effectivePolicy(policies),
    version: found[0]?.version ?? 0,
  };
};

export const policyWrite = (
  account: AccountId,
  scope: PolicyScope,
  own: Policy,
  expectedVersion: number,
): Write => {
  const record: DocumentRecord = {
    account,
    provider: "",
    kind,
    id: scopeName(scope),
    region: "",
    version: expectedVersion + 1,
    body: own,
  };
  return expectedVersion === 0
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion };
};
