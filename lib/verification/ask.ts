import type { ForwardQuery, VerifyQuery, VerifyRequest } from "../schemas/verify.ts";
import { presentedIn } from "./presented.ts";
import type { Ask } from "./verifier.ts";

/** What a caller of the facade asks, in the words of the verifier. */
export const askOf = (body: VerifyRequest, query: VerifyQuery, id: string): Ask => ({
  id,
  presented: presentedIn(body),
  provider: body.provider,
  ip: body.ip,
  model: body.model,
  endpoint: body.endpoint,
  requests: body.cost?.requests ?? 1,
  tokens: body.cost?.tokens,
  partial: query.scope === "partial",
  explain: query.explain === "true",
});

/** What a proxy asks: what is presented, and from where, is its client's; all else its own configuration says. */
export const forwardedAskOf = (
  presented: VerifyRequest,
  { provider, model, endpoint, tokens, scope }: Omit<ForwardQuery, "valid" | "limited">,
  id: string,
): Ask => {
  const cost = tokens === undefined ? undefined : { tokens: Number(tokens) };
  return askOf({ ...presented, provider, model, endpoint, cost }, { scope }, id);
};
