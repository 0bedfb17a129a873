import * as z from "zod";
import { readAlertSecret } from "../../lib/leaks/github-alerts.ts";
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
    secret_type: z.string().nullish(),
  }),
  repository: z.object({ full_name: z.string() }),
});

/** Of an alert, what tells of a leak; its further life, and actions to come, do not. */
const actions: readonly string[] = ["created", "reopened", "publicly_leaked"];

/**
 * Alerts of a repository's or an organisation's own webhook. They come without the secret, which is read where the
 * configuration says. No time is signed: what keeps a replay from acting is that an equal report acts once.
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
      if (!actions.includes(action)) return accepted;
      const secret = await readAlertSecret(settings.alerts, {
        repository: repository.full_name,
        number: alert.number,
      });
      await takeAll(
        [
          {
            source: "github-repository",
            signed: true,
            leaked: secret && { id: null, secret },
            about: `${repository.full_name}#${alert.number}`,
            delivery: header(request, "x-github-delivery").slice(0, 64) || null,
            provider: null,
            tokenType: alert.secret_type ?? null,
            url: alert.html_url ?? null,
            observedAt: alert.created_at ?? null,
          },
        ],
        context,
      );
      return accepted;
    }),
};
