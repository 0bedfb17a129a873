import { type Principal, reaches } from "../../lib/access/principal.ts";
import { Refusal } from "../../lib/errors.ts";
import { type Endpoint, readEndpoint } from "../../lib/events/endpoint.ts";
import type { House } from "../../lib/house.ts";

/** Events are of all providers: nobody has those sent somewhere that lie beyond their own reach. */
export const requireWholeReach = (principal: Principal): void => {
  if (reaches(principal.providers, "all")) return;
  throw new Refusal(
    "permission_denied",
    "Your credential is restricted to providers; webhooks are told of all of them.",
  );
};

export const missingWebhook = (): Refusal => new Refusal("not_found", "There is no such webhook.");

export const foundWebhook = async (house: House, principal: Principal, id: string): Promise<Endpoint> => {
  requireWholeReach(principal);
  const endpoint = await readEndpoint(house.store, principal.account.id, id);
  if (endpoint === undefined) throw missingWebhook();
  return endpoint;
};
