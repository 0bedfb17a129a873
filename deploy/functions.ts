import { actions } from "../functions/actions.ts";
import type { Action } from "../lib/action.ts";
import type { Profile } from "../lib/providers/profile.ts";
import { profiles } from "../lib/providers/profiles.ts";
import { namedVariables } from "../lib/runtime/config-file.ts";
import { type Part, parts } from "../lib/runtime/config-part.ts";
import { configFile } from "./config.ts";
import { parameter } from "./names.ts";
import type { Kind } from "./roles.ts";

/** Every function: its name, where its handler is, what it does with the table, and what calls it. */
export interface Deployed {
  readonly name: string;
  /** Functions of one group share their alarms. */
  readonly group: string;
  readonly file: string;
  readonly kind: Kind;
  /** Whether it needs a variable that `keyway.json` names. */
  readonly readsSecrets: boolean;
  readonly events?: readonly Event[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly logRetentionInDays?: 3653;
  /** In seconds; without it, what the HTTP API waits for. */
  readonly timeout?: number;
}

/** `*`: what no other route takes. */
type Event =
  | { readonly httpApi: string }
  | { readonly schedule: { readonly rate: string[] } }
  | { readonly sqs: { readonly arn: { "Fn::GetAtt": string[] }; readonly batchSize: number } };

/** One round ends before the next begins. */
export const deliverSeconds = 59;

export const authorizer = "verify-authorizer";

type Door = Omit<Deployed, "group" | "readsSecrets"> & { readonly part: Part };

const doors: readonly Door[] = [
  {
    name: "http",
    file: "functions/http",
    kind: "managing",
    part: parts.whole,
    events: [{ httpApi: "*" }],
  },
  {
    name: "verify",
    file: "functions/verify/http",
    kind: "verifying",
    part: parts.verifying,
    // Any method, because proxies pass on their client's. `/v1/verify:batch` is left to the one door: which signs the
    // path of a route may have is not documented, and one that is refused fails the whole deployment.
    events: [{ httpApi: "ANY /v1/verify" }, { httpApi: "ANY /v1/verify/{proxy+}" }],
  },
  {
    name: "webhooks",
    file: "functions/webhooks/http",
    // It ends keys, and gives them new secrets.
    kind: "managing",
    part: parts.reports,
    events: [{ httpApi: "ANY /webhooks/{proxy+}" }, { httpApi: "POST /v1/leaks" }],
  },
  {
    name: authorizer,
    file: "functions/verify/authorizer",
    kind: "verifying",
    part: parts.verifying,
    // Bound by whoever has routes of their own.
    environment: {
      KEYWAY_AUTHORIZER_TOKEN: parameter("authorizerToken"),
      KEYWAY_AUTHORIZER_QUERY: parameter("authorizerQuery"),
    },
  },
  {
    name: "sweep",
    file: "functions/jobs/sweep",
    kind: "managing",
    part: parts.rounds,
    events: [{ schedule: { rate: ["rate(1 minute)"] } }],
    timeout: deliverSeconds,
  },
  {
    name: "deliver",
    file: "functions/jobs/deliver",
    kind: "delivering",
    part: parts.job,
    events: [
      { schedule: { rate: ["rate(1 minute)"] } },
      { sqs: { arn: { "Fn::GetAtt": ["WakeQueue", "Arn"] }, batchSize: 10 } },
    ],
    timeout: deliverSeconds,
  },
  {
    name: "emit-checkpoints",
    file: "functions/jobs/emit-checkpoints",
    kind: "witnessing",
    part: parts.job,
    events: [{ schedule: { rate: ["rate(1 hour)"] } }],
    // A checkpoint proves what was there before it for as long as it is kept.
    logRetentionInDays: 3653,
  },
];

/** `CreateApiKey` → `create-api-key`, the name of its file. */
const fileName = ({ name }: Action): string => name.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();

/** What only reads keys or usage deletes nothing and seals nothing; a secret that is shown is written down, though. */
const readings: readonly Action["permission"][] = ["keys:read", "keys:reveal", "usage:read"];

const readsSecrets = (served: readonly Profile[], part: Part): boolean =>
  namedVariables(configFile, served, part).length > 0;

export const deployed: readonly Deployed[] = [
  ...doors.map(({ part, ...door }) => ({
    ...door,
    readsSecrets: readsSecrets(profiles, part),
    group: "doors",
  })),
  ...actions.map((action): Deployed => {
    const { service } = action.profile;
    return {
      name: `${service}-${fileName(action)}`,
      group: service,
      file: `functions/${service}/${fileName(action)}`,
      kind: readings.includes(action.permission) ? "reading" : "managing",
      readsSecrets: readsSecrets([action.profile], parts.action),
    };
  }),
];
