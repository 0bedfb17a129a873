import type { Key, Limits, Scope } from "../schemas/key.ts";
import { unrestricted } from "./limits.ts";

/** The fields of a key that its owner decides. */
export interface Asked
  extends Pick<
    Key,
    | "name"
    | "description"
    | "status"
    | "scope"
    | "ipAllowlist"
    | "limits"
    | "sandbox"
    | "expiresAt"
    | "tags"
    | "native"
  > {
  readonly owner: { readonly team: string | null };
}

/** What is wanted of a key: what is absent stays as it is. */
export type Wish = {
  readonly [Name in keyof Omit<Asked, "scope" | "limits">]?: Asked[Name] | undefined;
} & {
  readonly scope?: { readonly [Name in keyof Scope]?: Scope[Name] | undefined } | undefined;
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;
};

/** A key for which nothing was asked. */
export const nothingAsked: Asked = {
  ...unrestricted,
  name: "",
  description: "",
  status: "enabled",
  sandbox: false,
  expiresAt: null,
  owner: { team: null },
  tags: {},
  native: {},
};

const isObject = (value: unknown): value is Record<string, never> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of `native`, too, the parts that are absent stay. */
const mergedNative = (before: Key["native"], wanted: Key["native"] | undefined): Key["native"] => {
  if (wanted === undefined) return before;
  return isObject(before) && isObject(wanted) ? { ...before, ...wanted } : wanted;
};

export const applyWish = <Before extends Asked>(before: Before, wish: Wish): Before => ({
  ...before,
  name: wish.name ?? before.name,
  description: wish.description ?? before.description,
  status: wish.status ?? before.status,
  scope: {
    models: wish.scope?.models ?? before.scope.models,
    endpoints: wish.scope?.endpoints ?? before.scope.endpoints,
  },
  ipAllowlist: wish.ipAllowlist ?? before.ipAllowlist,
  limits: {
    requestsPerMinute:
      wish.limits?.requestsPerMinute === undefined
        ? before.limits.requestsPerMinute
        : wish.limits.requestsPerMinute,
    tokensPerMinute:
      wish.limits?.tokensPerMinute === undefined
        ? before.limits.tokensPerMinute
        : wish.limits.tokensPerMinute,
    tokenQuotas: wish.limits?.tokenQuotas ?? before.limits.tokenQuotas,
  },
  sandbox: wish.sandbox ?? before.sandbox,
  expiresAt: wish.expiresAt === undefined ? before.expiresAt : wish.expiresAt,
  owner: wish.owner === undefined ? before.owner : { ...before.owner, ...wish.owner },
  tags: wish.tags ?? before.tags,
  native: mergedNative(before.native, wish.native),
});
