import { reaches } from "../../lib/access/principal.ts";
import { Refusal } from "../../lib/errors.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { isExpected } from "../../lib/providers/expected.ts";
import { accountAllowlist, changeAllowlistBody } from "../../lib/schemas/access.ts";
import { StoreRefusal } from "../../lib/store/port/unit.ts";
import { accountRulesWrite, readAccountRules } from "../../lib/verification/account-rules.ts";

/** Over the lists of the keys: an address has to be on both. An empty list allows every address. */
export const changeAllowlist = defineOperation({
  method: "PATCH",
  path: "/v1/allowlist",
  name: "ChangeAllowlist",
  summary: "Change the addresses that keys of the account may be used from",
  permission: "credentials:manage",
  params: nothing,
  query: nothing,
  body: changeAllowlistBody,
  reply: accountAllowlist,
  status: 200,
  precondition: "required",
  version: ({ version }) => version,
  example: { body: { ipAllowlist: ["192.0.2.0/24", "2001:db8::/32"] } },
  run: async ({ body }, { house, principal, caller, expected }) => {
    // It governs the keys of all providers: nobody opens or closes what lies beyond their own reach.
    if (!reaches(principal.providers, "all")) {
      throw new Refusal(
        "permission_denied",
        "Your credential is restricted to providers; the account's allowlist is of all of them.",
      );
    }
    const account = principal.account.id;
    const version = (await readAccountRules(house.store, account))?.version ?? 0;
    if (!isExpected(version, expected)) throw changed();
    const time = house.clock().toISOString();
    const target = `account/${account}`;
    try {
      await house.store.commit({
        account,
        writes: [accountRulesWrite(account, body, version)],
        audit: auditDraft(caller, target, time),
        events: [
          {
            id: house.uuid(),
            type: "allowlist.changed",
            time,
            subject: target,
            version: version + 1,
            data: { account },
          },
        ],
      });
    } catch (error) {
      // Somebody else was faster; whoever said `*` reads again, too, and sees what is being replaced.
      if (error instanceof StoreRefusal) throw changed();
      throw error;
    }
    return { ...body, version: version + 1 };
  },
});

const changed = (): Refusal =>
  new Refusal("version_mismatch", "The allowlist was changed since you read it. Read it again.");
