import type { FieldName, OperationName } from "../providers/capabilities.ts";
import type { Finding, Fix, RuleCode } from "../schemas/hygiene.ts";
import type { KeyFacts, NamedUse } from "./facts.ts";
import { changing, deleting, disabling, rotating } from "./fixes.ts";

/** What a rule sees in a key. */
export interface Seen {
  /** In milliseconds; null where nothing tells. */
  readonly since: number | null;
  readonly evidence: string;
  readonly fix: Fix;
}

export interface Rule {
  readonly code: RuleCode;
  readonly severity: Finding["severity"];
  /** Of which keys: one that is disabled does no harm but by being kept. */
  readonly status: "enabled" | "disabled";
  /** What of it goes by what was counted of the key's calls: whether it is found at all, or only what mends it. */
  readonly byUse?: "finding" | "fix";
  readonly see: (facts: KeyFacts) => Seen | undefined;
}

const dayMs = 86_400_000;
/** Where no policy says how old a secret may become, and how long a key may be without use. */
export const daysDefault = { rotate: 90, unused: 90, disabled: 30 } as const;
/** More names than this are more than one purpose. */
export const purposesMax = 3;

const can = ({ capabilities: { operations } }: KeyFacts, name: OperationName): boolean =>
  operations[name] !== "refused";
const changes = ({ capabilities: { fields } }: KeyFacts, name: FieldName): boolean =>
  fields[name].change !== "refused";
const takesScope = (facts: KeyFacts): boolean =>
  changes(facts, "scope.models") || changes(facts, "scope.endpoints");

const listed = (uses: readonly NamedUse[]): string =>
  uses
    .slice(0, 5)
    .map(({ name }) => `\`${name}\``)
    .join(", ") + (uses.length > 5 ? ", …" : "");
const namesOf = (uses: readonly NamedUse[]): string[] => uses.map(({ name }) => name);

/** What the real service itself binds both of: a list of one of them alone would leave out the other. */
const bindsBoth = ({ capabilities: { fields } }: KeyFacts): boolean =>
  fields["scope.models"].change === "provider" && fields["scope.endpoints"].change === "provider";

const daysSince = (since: number, { now }: KeyFacts): number => Math.floor((now.getTime() - since) / dayMs);
const isOlder = (since: number, days: number, { now }: KeyFacts): boolean =>
  now.getTime() - since >= days * dayMs;

/**
 * One key for each purpose is what a leak of one of them is bounded by. A purpose is told by what a key is used for: the
 * endpoints that its calls name, or the models where they name no endpoints. Only those count that it may still use, so
 * that a key which was narrowed is no finding any more.
 */
const sharedPurpose = (facts: KeyFacts): Seen | undefined => {
  const { scope } = facts.key;
  if (!takesScope(facts)) return undefined;
  const granted = (uses: readonly NamedUse[], to: "all" | readonly string[]): readonly NamedUse[] =>
    uses.filter(({ name }) => to === "all" || to.includes(name));
  const endpoints = granted(facts.use.endpoints, scope.endpoints);
  const models = granted(facts.use.models, scope.models);
  const [kind, uses] =
    endpoints.length > 0 ? (["endpoints", endpoints] as const) : (["models", models] as const);
  const [first] = uses;
  if (first === undefined || uses.length <= purposesMax) return undefined;
  const only = { ...(bindsBoth(facts) && { models: [], endpoints: [] }), [kind]: [first.name] };
  return {
    since: null,
    evidence: `In 30 days it was used with ${uses.length} ${kind}: ${listed(uses)}. Keep it for the first, and make a key for each of the others.`,
    fix: changing(facts, { scope: only }),
  };
};

/** What was used is what is proposed; with nothing used, its owner has to say what it is for. */
const selectAllScope = (facts: KeyFacts): Seen | undefined => {
  const { scope } = facts.key;
  if (scope.models !== "all" || scope.endpoints !== "all" || !takesScope(facts)) return undefined;
  const { models, endpoints } = facts.use;
  const isUsed = models.length + endpoints.length > 0;
  const used = bindsBoth(facts)
    ? { models: namesOf(models), endpoints: namesOf(endpoints) }
    : models.length > 0
      ? { models: namesOf(models) }
      : { endpoints: namesOf(endpoints) };
  return {
    since: null,
    evidence: isUsed
      ? `It opens every model and endpoint; in 30 days it used ${listed([...models, ...endpoints])}.`
      : "It opens every model and endpoint.",
    fix: isUsed
      ? changing(facts, { scope: used })
      : changing(facts, { scope: { models: [] } }, ["scope.models"]),
  };
};

const noAllowlist = (facts: KeyFacts): Seen | undefined =>
  facts.key.ipAllowlist.length > 0 || facts.isUnderAllowlist || !changes(facts, "ipAllowlist")
    ? undefined
    : {
        since: null,
        evidence: "It works from every address.",
        fix: changing(facts, { ipAllowlist: [] }, ["ipAllowlist"]),
      };

/** A provider that gives no new secret has to be left by a new key: what mends it is the end of this one. */
const tooOld = (facts: KeyFacts): Seen | undefined => {
  const { secretSince, policy } = facts;
  const days = policy.rotateEveryDays || daysDefault.rotate;
  if (!isOlder(secretSince, days, facts)) return undefined;
  const age = `Its secret is ${daysSince(secretSince, facts)} days old; ${days} are allowed.`;
  const since = secretSince + days * dayMs;
  if (can(facts, "rotate")) return { since, evidence: age, fix: rotating(facts) };
  return ending(facts, since, `${age} Its provider gives no new one: make another key, and end this one.`);
};

const pastExpiry = (facts: KeyFacts): Seen | undefined => {
  const { bornAt, policy } = facts;
  const days = policy.expireAfterDays;
  if (days === 0 || !isOlder(bornAt, days, facts)) return undefined;
  const evidence = `It is ${daysSince(bornAt, facts)} days old; its policy ends keys after ${days}.`;
  return ending(facts, bornAt + days * dayMs, evidence);
};

const unused = (facts: KeyFacts): Seen | undefined => {
  const { key, policy } = facts;
  if (!facts.tellsUse) return undefined;
  const since = Date.parse(key.lastUsedAt ?? key.createdAt);
  const days = policy.disableUnusedDays || daysDefault.unused;
  if (!isOlder(since, days, facts)) return undefined;
  const words = key.lastUsedAt === null ? "It was never used, since" : "It was used last";
  return ending(facts, since + days * dayMs, `${words} ${daysSince(since, facts)} days ago.`);
};

/** Its last change is no earlier than its disabling. */
const disabledKept = (facts: KeyFacts): Seen | undefined => {
  const since = Date.parse(facts.key.updatedAt);
  if (!isOlder(since, daysDefault.disabled, facts) || !can(facts, "delete")) return undefined;
  const evidence = `It has been disabled for ${daysSince(since, facts)} days or more.`;
  return { since: since + daysDefault.disabled * dayMs, evidence, fix: deleting(facts) };
};

/** Who made it is gone, and no team answers for it. */
const ownerGone = (facts: KeyFacts): Seen | undefined => {
  if (!facts.isCreatorGone || facts.key.owner.team !== null) return undefined;
  const evidence = "The credential that made it is gone, and it is of no team.";
  return changes(facts, "owner.team")
    ? { since: null, evidence, fix: changing(facts, { owner: { team: null } }, ["owner.team"]) }
    : ending(facts, null, evidence);
};

/** The end of a key: it is disabled, and where that cannot be, deleted. */
const ending = (facts: KeyFacts, since: number | null, evidence: string): Seen | undefined => {
  if (can(facts, "disable")) return { since, evidence, fix: disabling(facts) };
  return can(facts, "delete") ? { since, evidence, fix: deleting(facts) } : undefined;
};

/** In the order in which a key's findings are told. */
const rules: readonly Rule[] = [
  { code: "past_expiry", severity: "high", status: "enabled", see: pastExpiry },
  { code: "too_old", severity: "high", status: "enabled", see: tooOld },
  { code: "owner_gone", severity: "high", status: "enabled", see: ownerGone },
  { code: "unused", severity: "medium", status: "enabled", see: unused },
  { code: "select_all_scope", severity: "medium", status: "enabled", byUse: "fix", see: selectAllScope },
  { code: "shared_purpose", severity: "medium", status: "enabled", byUse: "finding", see: sharedPurpose },
  { code: "no_allowlist", severity: "medium", status: "enabled", see: noAllowlist },
  { code: "disabled_kept", severity: "low", status: "disabled", see: disabledKept },
];

export const severityOf = (rule: string): Finding["severity"] =>
  rules.find(({ code }) => code === rule)?.severity ?? "medium";

/** The rules that are asked for: one of them, or all. */
export const rulesOf = (asked: Finding["rule"] | undefined): readonly Rule[] =>
  rules.filter(({ code }) => asked === undefined || asked === code);

/** What is found of a key, but for what is excepted. */
export const findingsOf = (
  facts: KeyFacts,
  asked: readonly Rule[],
  isExcepted: (rule: RuleCode) => boolean,
): readonly Finding[] => {
  const { provider, id, name, status } = facts.key;
  return asked.flatMap(({ code, severity, status: of, see }): readonly Finding[] => {
    if (of !== status || isExcepted(code)) return [];
    const seen = see(facts);
    if (seen === undefined) return [];
    const { since, evidence, fix } = seen;
    const time = since === null ? null : new Date(since).toISOString();
    return [{ rule: code, severity, provider, id, name, since: time, evidence, fix }];
  });
};
