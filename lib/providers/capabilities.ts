import { Refusal } from "../errors.ts";
import type { Asked } from "../keys/asked.ts";
import { sameContent } from "../keys/content.ts";

/** Who sees to it that a field or an operation does what it says: the real system, Keyway, or nobody. */
const supports = ["provider", "keyway", "refused"] as const;
export type Support = (typeof supports)[number];

/** What a caller may ask to be set, in the words of the canonical key. */
export const fieldNames = [
  "name",
  "description",
  "status",
  "scope.models",
  "scope.endpoints",
  "ipAllowlist",
  "limits.requestsPerMinute",
  "limits.tokensPerMinute",
  "limits.tokenQuotas",
  "sandbox",
  "expiresAt",
  "owner.team",
  "tags",
  "native",
  "material",
] as const;
export type FieldName = (typeof fieldNames)[number];

/** `sync` takes stock of what a real system has; `leaks` finds the key of a reported secret, and acts. `grace` is a length of one's own for the time in which a replaced secret goes on working. */
export const operationNames = [
  "list",
  "read",
  "create",
  "change",
  "delete",
  "enable",
  "disable",
  "rotate",
  "grace",
  "reveal",
  "sync",
  "verify",
  "leaks",
] as const;
export type OperationName = (typeof operationNames)[number];

export interface FieldSupport {
  readonly create: Support;
  readonly change: Support;
}

/** The contract of a provider: asking for what is refused is an error that names it, and nothing is silently dropped. */
export interface Capabilities {
  readonly operations: Readonly<Record<OperationName, Support>>;
  readonly fields: Readonly<Record<FieldName, FieldSupport>>;
}

const fieldOf = (asked: Asked, name: Exclude<FieldName, "material">): unknown =>
  name
    .split(".")
    .reduce<unknown>(
      (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
      asked,
    );

export const changedFields = (before: Asked, after: Asked): readonly FieldName[] =>
  fieldNames.filter(
    (name) => name !== "material" && !sameContent(fieldOf(before, name), fieldOf(after, name)),
  );

export const refuseOperation = (
  { operations }: Capabilities,
  name: OperationName,
  provider: string,
): void => {
  if (operations[name] !== "refused") return;
  throw new Refusal("unsupported", `The provider \`${provider}\` does not support \`${name}\`.`, {
    issues: [{ path: name, message: `is not supported by the provider \`${provider}\`` }],
  });
};

export const refuseFields = (
  { fields }: Capabilities,
  verb: keyof FieldSupport,
  asked: readonly FieldName[],
  provider: string,
): void => {
  const refused = asked.filter((name) => fields[name][verb] === "refused");
  if (refused.length === 0) return;
  const names = refused.map((name) => `\`${name}\``).join(", ");
  throw new Refusal("unsupported", `The provider \`${provider}\` does not support \`${verb}\` of ${names}.`, {
    issues: refused.map((path) => ({ path, message: `is not supported by the provider \`${provider}\`` })),
  });
};

/** One support for both verbs, or one for each. */
export const both = (support: Support): FieldSupport => ({ create: support, change: support });
export const onlyAtCreation = (support: Support): FieldSupport => ({ create: support, change: "refused" });
