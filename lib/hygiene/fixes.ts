import type { Fix } from "../schemas/hygiene.ts";
import type { KeyFacts } from "./facts.ts";

/** The calls that findings are mended by: of this API, about the version that was judged. */

type Draft = Pick<Fix, "method" | "body"> & { readonly tail?: string; readonly fill?: readonly string[] };

const fixOf = (
  { key: { provider, id, version } }: KeyFacts,
  { method, body, tail = "", fill = [] }: Draft,
): Fix => ({
  method,
  path: `/v1/keys/${provider}/${encodeURIComponent(id)}${tail}`,
  ifMatch: `"${version}"`,
  body,
  fill: [...fill],
});

export const disabling = (facts: KeyFacts): Fix =>
  fixOf(facts, { method: "POST", tail: "/disable", body: null });

export const deleting = (facts: KeyFacts): Fix =>
  fixOf(facts, { method: "DELETE", tail: `?confirm=${encodeURIComponent(facts.key.id)}`, body: null });

export const changing = (facts: KeyFacts, body: Fix["body"], fill: readonly string[] = []): Fix =>
  fixOf(facts, { method: "PATCH", body, fill });

/** With the grace of its policy, where the provider knows one. */
export const rotating = (facts: KeyFacts): Fix => {
  const { capabilities, policy } = facts;
  const grace = capabilities.operations.grace === "refused" ? {} : { grace: policy.rotateGraceSeconds };
  const body = { ...grace, reason: "hygiene: too_old" };
  return facts.isChosen
    ? fixOf(facts, { method: "POST", tail: "/rotate", body: { ...body, material: null }, fill: ["material"] })
    : fixOf(facts, { method: "POST", tail: "/rotate", body });
};
