import * as z from "zod";
import { readAlertSecret } from "../../lib/leaks/github-alerts.ts";
import type { LeakReport } from "../../lib/leaks/report.ts";
import { parseInput } from "../../lib/schemas/issues.ts";
import { verifyHubSignature } from "../../lib/signing/hub-signature.ts";
import { parseJson } from "../../lib/surfaces/json.ts";
import { accepted, type Door, header, signedBytesMax } from "../../lib/surfaces/webhooks/door.ts";
import { unproven } from "../../lib/surfaces/webhooks/signed.ts";
import { takeAll } from "../../lib/surfaces/webhooks/take-all.ts";

const alertEvent = z.object({
  action: z.string(),
  alert: z.object({
    number: z.int().positive(),
    html_url: z.string().nullish(),
    created_at: z.string().nullish(),
    updated_at: z.string().nullish(),
    secret_type: z.string().nullish(),
  }),
  repository: z.object({ full_name: z.string() }),
});

/** What an action of an alert tells: a leak, or that somebody has closed it. Others, and those to come, tell nothing. */
const tells: ReadonlyMap<string, "leak" | "end"> = new Map([
  ["created", "leak"],
  ["reopened", "leak"],
  ["publicly_leaked", "leak"],
  ["resolved", "end"],
]);

/** In one form, so that two of them can be compared as texts. */
const timeOf = (text: string | null | undefined): string | null =>
  text == null || Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString();

/**
 * Alerts of a repository's or an organisation's own webhook. They come without the secret, which is read where the
 * configuration says. No time of the delivery is signed: what keeps a replay from acting is that an equal report acts once,
 * and that what is older than the last word about an alert is not listened to.
 */
export const githubRepository: Door = {
  path: "/webhooks/github/repository",
  name: "ReportFromGithubRepository",
  besides: [],
  bytesMax: signedBytesMax,
  open: ({ settings: { githubRepository: settings } }) =>
    settings &&
    (async (request, context) => {
      if (!verifyHubSignature(request.body, header(request, "x-hub-signature-256"), settings.secret)) {
        throw unproven();
      }
      if (header(request, "x-github-event") !== "secret_scanning_alert") return accepted;
      const { action, alert, repository } = parseInput(alertEvent, parseJson(request.body));
      const told = tells.get(action);
      const report: Omit<LeakReport, "leaked"> = {
        source: "github-repository",
        signed: true,
        about: `${repository.full_name}#${alert.number}`,
        changedAt: timeOf(alert.updated_at ?? alert.created_at),
        delivery: header(request, "x-github-delivery").slice(0, 64) || null,
        provider: null,
        tokenType: alert.secret_type ?? null,
        url: alert.html_url ?? null,
        observedAt: alert.created_at ?? null,
      };
      if (told === "end") await context.leaks.inbox.end({ ...report, leaked: null }, context.call);
      if (told !== "leak") return accepted;
      const secret = await readAlertSecret(settings.alerts, {
        repository: repository.full_name,
        number: alert.number,
      });
      await takeAll([{ ...report, leaked: secret && { id: null, secret } }], context);
      return accepted;
    }),
};
