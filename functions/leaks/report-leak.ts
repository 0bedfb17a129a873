import type * as z from "zod";
import { Refusal } from "../../lib/errors.ts";
import { Secret } from "../../lib/keys/secret.ts";
import { addressGroup } from "../../lib/leaks/address.ts";
import type { Leaked } from "../../lib/leaks/report.ts";
import { parseInput } from "../../lib/schemas/issues.ts";
import { openReport, openReportReply } from "../../lib/schemas/leaks.ts";
import { parseJson } from "../../lib/surfaces/json.ts";
import { accepted, type Door } from "../../lib/surfaces/webhooks/door.ts";

/** Replies leave at multiples of this after the call came: how long a commit took, or that there was a larger one, does not show. */
const replyStepMs = 20;

/** People paste: no secret or id of ours has spaces around it, and the answer would not tell them of theirs. */
const leakedIn = ({ key, id, secret }: z.output<typeof openReport>): Leaked => {
  if (typeof key === "object") return { id: key.id.trim(), secret: new Secret(key.secret.trim()) };
  return { id: id?.trim() ?? null, secret: new Secret((key ?? secret ?? "").trim()) };
};

/**
 * Whoever holds a secret of ours may say that it leaked, without an account, and learns nothing but that this was taken.
 * It acts only with the whole of a secret that was made here: see `decideLeak`.
 */
export const reportLeak: Door = {
  path: "/v1/leaks",
  name: "ReportLeak",
  besides: ["GET"],
  bytesMax: 16 * 1024,
  open:
    ({ limiter, sleep }) =>
    async (request, context) => {
      const { leaks, call, now, clock } = context;
      if (limiter.exceeded(addressGroup(request.ip), now.getTime()) !== undefined) {
        throw new Refusal("rate_limited", `One address may report ${limiter.limit} leaks in a second.`, {
          headers: { "retry-after": "1" },
        });
      }
      const asked = parseInput(openReport, parseJson(request.body));
      await leaks.inbox.take(
        {
          source: "open",
          signed: false,
          leaked: leakedIn(asked),
          about: null,
          changedAt: null,
          delivery: null,
          provider: null,
          tokenType: null,
          url: asked.url ?? null,
          observedAt: null,
        },
        call,
      );
      await sleep(replyStepMs - ((clock().getTime() - now.getTime()) % replyStepMs));
      return accepted;
    },
};

/** As the description of the API tells it. */
export const reportLeakDescription = {
  method: "POST",
  path: reportLeak.path,
  name: reportLeak.name,
  summary: "Report a leaked secret, without an account; the answer never tells whether it is one of ours",
  status: 202,
  body: openReport,
  reply: openReportReply,
  example: { body: { key: "{secret}", url: "https://example.com/where/it/was/found" } },
} as const;
