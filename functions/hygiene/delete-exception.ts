import * as z from "zod";
import { Refusal } from "../../lib/errors.ts";
import { exceptionsWrite, readExceptions } from "../../lib/hygiene/exceptions.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { decideAndWrite } from "../../lib/providers/decide.ts";
import { lookAgain } from "../../lib/schedules/schedule.ts";
import { exceptionParams } from "../../lib/schemas/hygiene.ts";

export const deleteException = defineOperation({
  method: "DELETE",
  path: "/v1/hygiene/exceptions/{provider}/{id}/{rule}",
  name: "DeleteException",
  summary: "End an exception before its time",
  permission: "policies:manage",
  params: exceptionParams,
  query: nothing,
  body: nothing,
  reply: z.undefined(),
  status: 204,
  example: { params: { provider: "aione", id: "{exceptedKey}", rule: "unused" } },
  run: async ({ params }, { house, principal, caller, provider }) => {
    const { store, clock } = house;
    const place = { account: principal.account.id, provider: provider(params.provider).name, id: params.id };
    await decideAndWrite(async () => {
      const now = clock();
      const { record, open } = await readExceptions(store, place, now);
      const left = open.filter(({ rule }) => rule !== params.rule);
      if (left.length === open.length) throw new Refusal("not_found", "There is no such exception.");
      await store.commit({
        account: place.account,
        writes: [exceptionsWrite(place, record, left), ...(await lookAgain(store, place, now))],
        audit: auditDraft(caller, `${place.provider}/${place.id}`, now.toISOString()),
        events: [
          {
            id: house.uuid(),
            type: "exception.ended",
            time: now.toISOString(),
            subject: `exception/${place.provider}/${place.id}`,
            version: now.getTime(),
            data: { provider: place.provider, key: place.id, rule: params.rule },
          },
        ],
      });
    });
    return undefined;
  },
});
