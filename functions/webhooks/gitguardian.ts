import * as z from "zod";
import { verifyGitguardian } from "../../lib/signing/gitguardian.ts";
import { parseJson } from "../../lib/surfaces/json.ts";
import { accepted, type Door, header, signedBytesMax } from "../../lib/surfaces/webhooks/door.ts";
import { requireVerdict } from "../../lib/surfaces/webhooks/signed.ts";
import { takeAll } from "../../lib/surfaces/webhooks/take-all.ts";

/** Whatever else is in it, matches in clear of an older form among them, is not read. */
const incidentEvent = z.object({
  action: z.string(),
  incident: z.object({
    id: z.union([z.int(), z.string().max(64)]),
    date: z.string().nullish(),
    detector: z.object({ name: z.string().nullish() }).nullish(),
    gitguardian_url: z.string().nullish(),
  }),
});

const triggered = "incident_triggered";

/**
 * Incidents carry hashes by GitGuardian's own key and no secret, and its API gives none out either: they become findings
 * of the operator.
 */
export const gitguardian: Door = {
  path: "/webhooks/gitguardian",
  name: "ReportFromGitguardian",
  besides: [],
  bytesMax: signedBytesMax,
  open: ({ settings: { gitguardian: settings } }) =>
    settings &&
    (async (request, context) => {
      const headers = {
        timestamp: header(request, "timestamp"),
        signature: header(request, "gitguardian-signature"),
      };
      const seconds = Math.floor(context.now.getTime() / 1000);
      requireVerdict(verifyGitguardian(request.body, headers, settings.token.expose(), seconds));
      const { success, data } = incidentEvent.safeParse(parseJson(request.body));
      // Their test message has another form: answered well, it shows that the signature is right.
      if (!success || data.action !== triggered) return accepted;
      const { incident } = data;
      await takeAll(
        [
          {
            source: "gitguardian",
            signed: true,
            leaked: null,
            about: String(incident.id),
            changedAt: null,
            delivery: null,
            provider: null,
            tokenType: incident.detector?.name ?? null,
            url: incident.gitguardian_url ?? null,
            observedAt: incident.date ?? null,
          },
        ],
        context,
      );
      return accepted;
    }),
};
