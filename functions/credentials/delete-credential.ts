import * as z from "zod";
import { adminCounter } from "../../lib/access/credential.ts";
import { reaches } from "../../lib/access/principal.ts";
import { grants } from "../../lib/access/roles.ts";
import { Refusal } from "../../lib/errors.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { credentialParams } from "../../lib/schemas/access.ts";
import { StoreRefusal, type Write } from "../../lib/store/port/unit.ts";

export const deleteCredential = defineOperation({
  method: "DELETE",
  path: "/v1/credentials/{id}",
  name: "DeleteCredential",
  summary: "Delete a credential; it fails at once",
  permission: "credentials:manage",
  params: credentialParams,
  query: nothing,
  body: nothing,
  reply: z.undefined(),
  status: 204,
  example: { params: { id: "{credential}" } },
  run: async ({ params }, { house, principal, caller }) => {
    const account = principal.account.id;
    const record = await house.store.readCredential(account, params.id);
    if (record === undefined) throw missing();
    if (
      !reaches(principal.providers, record.providers) ||
      (isPlatform(record.role) && !isPlatform(principal.role))
    ) {
      throw new Refusal("permission_denied", "This credential may do more than yours.");
    }
    const counted: readonly Write[] = grants(record.role, "credentials:manage")
      ? [{ type: "count", account, counter: adminCounter, by: -1, min: 1 }]
      : [];
    const time = house.clock().toISOString();
    const target = `credential/${record.id}`;
    try {
      await house.store.commit({
        account,
        // Deleting first: of two callers who remove the same one, the second must not move the counter.
        writes: [{ type: "deleteCredential", account, id: record.id }, ...counted],
        audit: auditDraft(caller, target, time),
        events: [
          {
            id: house.uuid(),
            type: "credential.deleted",
            time,
            subject: target,
            version: 2,
            data: { id: record.id, name: record.name, role: record.role },
          },
        ],
      });
    } catch (error) {
      if (!(error instanceof StoreRefusal)) throw error;
      if (error.reason === "missing") throw missing();
      if (error.reason === "limit") {
        throw new Refusal(
          "last_admin",
          "This is the account's last administrator. Create another one first.",
        );
      }
      throw error;
    }
    return undefined;
  },
});

const isPlatform = (role: string): boolean => grants(role, "accounts:manage");

const missing = (): Refusal => new Refusal("not_found", "There is no such credential.");
