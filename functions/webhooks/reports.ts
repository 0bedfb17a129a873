import type * as z from "zod";
import { Secret } from "../../lib/keys/secret.ts";
import type { Leaked, LeakReport } from "../../lib/leaks/report.ts";
import { parseInput } from "../../lib/schemas/issues.ts";
import { signedReport } from "../../lib/schemas/leaks.ts";
import { parseJson } from "../../lib/surfaces/json.ts";
import { accepted, type Door, header, signedBytesMax } from "../../lib/surfaces/webhooks/door.ts";
import { requireStandardWebhook } from "../../lib/surfaces/webhooks/signed.ts";
import { takeAll } from "../../lib/surfaces/webhooks/take-all.ts";

type SignedLeak = z.output<typeof signedReport>["data"]["leaks"][number];

const leakedIn = (key: SignedLeak["key"]): Leaked | null => {
  if (key === undefined) return null;
  return typeof key === "string"
    ? { id: null, secret: new Secret(key) }
    : { id: key.id, secret: new Secret(key.secret) };
};

/** Of any scanner that signs by Standard Webhooks: see docs/leaks.md for what it sends. */
export const reports: Door = {
  path: "/webhooks/reports",
  name: "ReportSigned",
  besides: [],
  bytesMax: signedBytesMax,
  open: ({ settings: { reports: settings } }) =>
    settings &&
    (async (request, context) => {
      requireStandardWebhook(request, settings.keys, context.now);
      const { data } = parseInput(signedReport, parseJson(request.body));
      const taken = data.leaks.map(
        ({ key, sha256, provider, type, url, observedAt }): LeakReport => ({
          source: "webhook",
          signed: true,
          leaked: leakedIn(key),
          about: sha256 ?? null,
          changedAt: null,
          delivery: header(request, "webhook-id"),
          provider: provider ?? null,
          tokenType: type ?? null,
          url: url ?? null,
          observedAt: observedAt ?? null,
        }),
      );
      await takeAll(taken, context);
      return accepted;
    }),
};
