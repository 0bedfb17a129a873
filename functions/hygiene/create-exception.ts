import { Refusal } from "../../lib/errors.ts";
import { exceptionsWrite, readExceptions } from "../../lib/hygiene/exceptions.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { decideAndWrite } from "../../lib/providers/decide.ts";
import { lookAgain } from "../../lib/schedules/schedule.ts";
import { createExceptionBody, type Exception, exceptionReply } from "../../lib/schemas/hygiene.ts";
import { asConflict } from "./races.ts";

const longestMs = 366 * 86_400_000;

/** Of a key and a rule there is one: a second takes the place of the first. What the policy does by this rule waits, too. */
export const createException = defineOperation({
  method: "POST",
  path: "/v1/hygiene/exceptions",
  name: "CreateException",
  summary: "Except a key from a rule for a while, and from what its policy does by that rule",
  permission: "policies:manage",
  params: nothing,
  query: nothing,
  body: createExceptionBody,
  reply: exceptionReply,
  status: 201,
  once: true,
  example: {
    body: {
      provider: "tokenhub",
      id: "{key}",
      rule: "no_allowlist",
      until: "{soon}",
      reason: "its callers have no fixed address until the move",
    },
  },
  run: async ({ body }, { house, principal, caller, provider }) => {
    const { store, clock } = house;
    const { rule, until, reason } = body;
    const now = clock();
    refuseEnd(until, now);
    const { id } = await provider(body.provider).read(caller, body.id);
    const place = { account: principal.account.id, provider: body.provider, id };
    const time = now.toISOString();
    const exception: Exception = {
      provider: place.provider,
      id,
      rule,
      until,
      reason,
      createdBy: principal.credential,
      createdAt: time,
    };
    const reply = { exception };
    await decideAndWrite(async () => {
      const { record, open } = await readExceptions(store, place, now);
      const kept = open.filter((one) => one.rule !== rule);
      await store
        .commit({
          account: place.account,
          writes: [
            ...(caller.once?.outcome({ reply, secret: null }) ?? []),
            exceptionsWrite(place, record, [...kept, exception]),
            ...(await lookAgain(store, place, now)),
          ],
          audit: auditDraft(caller, `${place.provider}/${id}`, time),
          events: [
            {
              id: house.uuid(),
              type: "exception.created",
              time,
              subject: `exception/${place.provider}/${id}`,
              // It ends with its time, and may begin again.
              version: Date.parse(time),
              data: { provider: place.provider, key: id, rule, until },
            },
          ],
        })
        .catch(asConflict);
    });
    return reply;
  },
});

const refuseEnd = (until: string, now: Date): void => {
  const ahead = Date.parse(until) - now.getTime();
  if (ahead > 0 && ahead <= longestMs) return;
  const message = ahead <= 0 ? "must be a time to come" : "must be within a year: no exception is for ever";
  throw new Refusal("field_value_invalid", `The \`until\` ${message}.`, {
    issues: [{ path: "until", message }],
  });
};
