import type { NewFinding } from "../findings/finding.ts";
import type { Key } from "../schemas/key.ts";
import type { LeakFinding } from "./decide.ts";
import type { LeakReport } from "./report.ts";

/** What a doubtful or an unacted leak tells the owner, and the one call that mends it. */

type Fixed = "leak.notified" | LeakFinding;

const details: Readonly<Record<Fixed, string>> = {
  "leak.notified": "The secret leaked, and by its policy the key goes on working.",
  "leak.shared_value": "The secret was reported as leaked, and other keys have the same one.",
  "leak.short_value": "The secret was reported as leaked, and is so short that it can be guessed.",
  "leak.chosen_value": "The secret, which somebody chose, was reported as leaked without proof.",
  "leak.half_of_pair": "The secret of the pair was reported as leaked, without its id and without proof.",
};

export const keyFinding = (type: Fixed, { provider, id }: Pick<Key, "provider" | "id">): NewFinding => ({
  type,
  provider,
  key: id,
  detail: details[type],
  fix: { method: "POST", path: `/v1/keys/${provider}/${encodeURIComponent(id)}/disable` },
});

/** A report without a secret: which key it is about, only its sender can show. */
export const unresolvedFinding = ({ source, changedAt }: LeakReport): NewFinding => ({
  type: "leak.hash_only",
  provider: null,
  key: null,
  detail: `A report of ${source} tells of a leak without the secret. Look there, and report the secret itself.`,
  fix: { method: "POST", path: "/v1/leaks", body: { key: null }, fill: ["key"] },
  changedAt,
});
