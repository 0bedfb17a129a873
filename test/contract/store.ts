import { describe } from "vitest";
import { chainRules } from "./store/chain.ts";
import { credentialRules } from "./store/credentials.ts";
import { documentRules } from "./store/documents.ts";
import { dueRules } from "./store/due.ts";
import { keyRules } from "./store/keys.ts";
import { listModel } from "./store/list-model.ts";
import { listRules } from "./store/lists.ts";
import { type OpenStore, sharedStore } from "./store/opened.ts";
import { presentedRules } from "./store/presented.ts";
import { refusalRules } from "./store/refusals.ts";
import { reopeningRules } from "./store/reopening.ts";
import { secretRules } from "./store/secrets.ts";
import { spendRules } from "./store/spends.ts";
import { tenantRules } from "./store/tenants.ts";
import { unitRules } from "./store/units.ts";
import { usageRules } from "./store/usage.ts";
import { wrappedKeyRules } from "./store/wrapped-keys.ts";

/** What the comments of `lib/store/port/store.ts` promise, for any store. `many` names are what it takes more than one step for. */
export const storeContract = (name: string, open: OpenStore, { many }: { readonly many: number }): void => {
  describe(name, () => {
    const store = sharedStore(open);
    unitRules(store);
    keyRules(store);
    secretRules(store);
    presentedRules(store);
    spendRules(store);
    documentRules(store);
    dueRules(store);
    chainRules(store);
    listRules(store);
    listModel(store);
    credentialRules(store);
    refusalRules(store);
    tenantRules(store);
    usageRules(store, many);
    wrappedKeyRules(open);
    reopeningRules(open);
  });
};
