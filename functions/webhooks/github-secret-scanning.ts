import * as z from "zod";
import { Secret } from "../../lib/keys/secret.ts";
import type { LeakReport } from "../../lib/leaks/report.ts";
import { providerOf } from "../../lib/leaks/settings.ts";
import { parseInput } from "../../lib/schemas/issues.ts";
import { secretField } from "../../lib/schemas/secret-mark.ts";
import { githubTokenHash, verifyGithubReport } from "../../lib/signing/github-report.ts";
import { parseJson } from "../../lib/surfaces/json.ts";
import { type Door, header, signedBytesMax } from "../../lib/surfaces/webhooks/door.ts";
import { unproven } from "../../lib/surfaces/webhooks/signed.ts";
import { takeAll } from "../../lib/surfaces/webhooks/take-all.ts";

/** What GitHub's secret scanning sends to partners. Further members are theirs to add. */
const matches = z
  .array(
    z.object({
      token: secretField(z.string().min(1)),
      type: z.string().min(1),
      url: z.string().nullish(),
      source: z.string().nullish(),
    }),
  )
  .min(1);

/**
 * Reports of the partner programme. GitHub counts on being told which matches were tokens at all: that is in the reply,
 * by their hashes, and only here, where the sender has proved to be GitHub.
 */
export const githubSecretScanning: Door = {
  path: "/webhooks/github/secret-scanning",
  name: "ReportFromGithub",
  besides: [],
  bytesMax: signedBytesMax,
  open: ({ settings: { github }, githubKeys }) =>
    github &&
    githubKeys &&
    (async (request, context) => {
      const signature = header(request, "github-public-key-signature");
      const id = header(request, "github-public-key-identifier");
      if (signature === "" || id === "") throw unproven();
      const key = await githubKeys.find(id);
      if (key === undefined || !verifyGithubReport(request.body, signature, key)) throw unproven();
      const found = parseInput(matches, parseJson(request.body));
      const reports = found.map(
        ({ token, type, url }): LeakReport => ({
          source: "github",
          signed: true,
          leaked: { id: null, secret: new Secret(token) },
          about: null,
          changedAt: null,
          delivery: null,
          provider: providerOf(github.types, type),
          tokenType: type,
          url: url ?? null,
          observedAt: null,
        }),
      );
      const results = await takeAll(reports, context);
      const told = new Map(
        found.map(({ token, type }, place) => {
          const label = results[place] === "matched" ? "true_positive" : "false_positive";
          const hash = githubTokenHash(token);
          return [`${hash} ${type}`, { token_hash: hash, token_type: type, label }];
        }),
      );
      return { status: 200, value: [...told.values()] };
    }),
};
