import * as z from "zod";
import type { HttpRequest } from "../../lib/http.ts";
import { Secret } from "../../lib/keys/secret.ts";
import type { LeakReport } from "../../lib/leaks/report.ts";
import { type GitlabSettings, providerOf } from "../../lib/leaks/settings.ts";
import { parseInput } from "../../lib/schemas/issues.ts";
import { secretField } from "../../lib/schemas/secret-mark.ts";
import { isSameToken } from "../../lib/signing/shared-token.ts";
import { parseJson } from "../../lib/surfaces/json.ts";
import { type Door, type DoorContext, header, signedBytesMax } from "../../lib/surfaces/webhooks/door.ts";
import { requireStandardWebhook, unproven } from "../../lib/surfaces/webhooks/signed.ts";
import { takeAll } from "../../lib/surfaces/webhooks/take-all.ts";

/** To vendors GitLab tells a `url`, to a revocation API of one's own a `location`. */
const leaks = z
  .array(
    z.object({
      type: z.string().min(1),
      token: secretField(z.string().min(1)),
      url: z.string().nullish(),
      location: z.string().nullish(),
    }),
  )
  .min(1);

/** Signed where it says so, else by the token that both sides know. */
const requireGitlab = (request: HttpRequest, { token, keys }: GitlabSettings, now: Date): void => {
  if (keys.length > 0 && header(request, "webhook-signature") !== "") {
    requireStandardWebhook(request, keys, now);
    return;
  }
  if (token === null || !isSameToken(header(request, "x-gitlab-token"), token.expose())) throw unproven();
};

const reportsOf = (request: HttpRequest, { types }: GitlabSettings): readonly LeakReport[] =>
  parseInput(leaks, parseJson(request.body)).map(({ type, token, url, location }) => ({
    source: "gitlab",
    signed: true,
    leaked: { id: null, secret: new Secret(token) },
    about: null,
    changedAt: null,
    // Stable over the tries of one delivery, in both forms.
    delivery: (header(request, "webhook-id") || header(request, "idempotency-key")).slice(0, 256) || null,
    provider: providerOf(types, type),
    tokenType: type,
    url: url ?? location ?? null,
    observedAt: null,
  }));

/** 204 is what GitLab's revocation takes for done; it disables a webhook that answers otherwise four times. */
export const gitlab: Door = {
  path: "/webhooks/gitlab",
  name: "ReportFromGitlab",
  besides: [],
  bytesMax: signedBytesMax,
  open: ({ settings: { gitlab: settings } }) =>
    settings &&
    (async (request, context: DoorContext) => {
      requireGitlab(request, settings, context.now);
      await takeAll(reportsOf(request, settings), context);
      return { status: 204 };
    }),
};
