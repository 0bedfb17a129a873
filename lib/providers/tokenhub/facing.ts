import { Refusal } from "../../errors.ts";
import { type Asked, applyWish } from "../../keys/asked.ts";
import { sameContent } from "../../keys/content.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Scope } from "../../schemas/key.ts";
import type { Facing } from "../facing.ts";
import { tokenhubCapabilities } from "./capabilities.ts";
import { type TokenhubNative, tokenhubGiven, tokenhubNative } from "./native.ts";
import { packagesFor } from "./quotas.ts";
import { fromScope, toScope } from "./scope.ts";

type Bindings = TokenhubNative["bindings"];

const empty: TokenhubNative = { bindings: [], quotaPackages: [] };

const items = (ids: Scope["models"], ResourceType: "model" | "endpoint"): Bindings =>
  ids === "all" ? [] : [...new Set(ids)].map((ResourceId) => ({ ResourceId, ResourceType }));

const bindingsOf = ({ models, endpoints }: Scope): Bindings => [
  ...items(models, "model"),
  ...items(endpoints, "endpoint"),
];

/** The scope as bindings tell it: an endpoint that is named like a model grants that model, too. */
const settled = (scope: Scope, bindings: Bindings): Scope => toScope(fromScope(scope), bindings);

const bound = (scope: Scope, bindings: Bindings): { scope: Scope; bindings: Bindings } => {
  if (fromScope(scope) !== "all" && bindings.length === 0) {
    throw new Refusal("field_missing", 'The `scope` must name a model or an endpoint, or be "all".', {
      issues: [{ path: "scope", message: 'must name a model or an endpoint, or be "all"' }],
    });
  }
  return { scope: settled(scope, bindings), bindings };
};

export const tokenhubFacing: Facing = {
  capabilities: tokenhubCapabilities,
  complete: <Before extends Asked>(
    before: Before,
    wish: Parameters<Facing["complete"]>[1],
    { isNew, random, now }: Parameters<Facing["complete"]>[2],
  ): Before => {
    const asked = applyWish(before, wish);
    const was = isNew ? empty : tokenhubNative.parse(before.native);
    const given = parseInput(tokenhubGiven, wish.native ?? {}, "native");
    const packages = packagesFor(
      asked.limits.tokenQuotas,
      { quotas: before.limits.tokenQuotas, packages: was.quotaPackages },
      random,
      now,
    );
    if (given.quotaPackages !== undefined && !sameContent(given.quotaPackages, packages)) {
      throw new Refusal(
        "field_value_invalid",
        "The `native.quotaPackages` follow from `limits.tokenQuotas`.",
        { issues: [{ path: "native.quotaPackages", message: "follow from `limits.tokenQuotas`" }] },
      );
    }
    const { scope, bindings } = scopeOf(asked.scope, given.bindings, wish.scope !== undefined, was.bindings);
    return { ...asked, scope, native: { bindings, quotaPackages: packages } };
  },
};

const scopeOf = (
  scope: Scope,
  given: Bindings | undefined,
  isScopeAsked: boolean,
  was: Bindings,
): { scope: Scope; bindings: Bindings } => {
  if (given === undefined) return isScopeAsked ? bound(scope, bindingsOf(scope)) : { scope, bindings: was };
  if (!isScopeAsked) {
    return given.length === 0
      ? bound({ models: "all", endpoints: "all" }, [])
      : bound({ models: [], endpoints: [] }, given);
  }
  const [wanted, said] = [settled(scope, bindingsOf(scope)), settled(scope, given)];
  if (!sameContent(wanted, said)) {
    throw new Refusal(
      "field_conflict",
      "The `scope` and `native.bindings` do not say the same; send one of them.",
      {
        issues: ["scope", "native.bindings"].map((path) => ({
          path,
          message: "must say the same as the other, or be left out",
        })),
      },
    );
  }
  return bound(scope, given);
};
