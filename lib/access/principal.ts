import type { AccountRecord } from "../store/port/records.ts";
import type { Permission } from "./roles.ts";
import { grants } from "./roles.ts";

/** Who calls. The account comes from the verified credential and from nowhere else. */
export interface Principal {
  readonly credential: string;
  readonly subUin: string;
  readonly role: string;
  readonly providers: "all" | readonly string[];
  readonly account: AccountRecord;
}

/** `provider` is null for operations that concern no provider; forgetting it must not compile. */
export const may = (principal: Principal, permission: Permission, provider: string | null): boolean =>
  grants(principal.role, permission) &&
  (provider === null || principal.providers === "all" || principal.providers.includes(provider));

/**
 * Whether everything that `inner` may touch is within what `outer` may. Nobody gives, or takes, a reach that is wider
 * than their own: else an administrator of one provider would make a credential for all.
 */
export const reaches = (outer: Principal["providers"], inner: Principal["providers"]): boolean =>
  outer === "all" || (inner !== "all" && inner.every((name) => outer.includes(name)));
