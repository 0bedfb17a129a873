import type { Key } from "../schemas/key.ts";
import { type Address, type Allowlist, allows } from "./allowlist.ts";

/** What is known of a presented secret: the key that it is one of, and the addresses that may use it. */
export interface Subject {
  readonly key: Pick<Key, "status" | "expiresAt" | "scope">;
  readonly allowlist: Allowlist;
  readonly accountAllowlist: Allowlist;
}

/** The call that somebody wants to make with it. */
export interface Use {
  readonly address: Address | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  /** Whoever asks does not know yet what will be called: what is not named is not held against the key. */
  readonly partial: boolean;
  readonly now: number;
}

export type RefusalCode = "DISABLED" | "EXPIRED" | "IP_DENIED" | "MODEL_DENIED" | "ENDPOINT_DENIED";

interface Rule {
  /** In the words of the canonical key; `account.` goes before what stands over all keys of the account. */
  readonly name: string;
  readonly code: RefusalCode;
  readonly holds: (subject: Subject, use: Use) => boolean;
}

type Granted = "all" | readonly string[];

const grants = (granted: Granted, name: string | undefined): boolean =>
  granted === "all" || (name !== undefined && granted.includes(name));

/** A list that the call's name is on. A key with lists of both, as TokenHub binds them, is good for either. */
const isListed = (granted: Granted, name: string | undefined): boolean =>
  granted !== "all" && grants(granted, name);

/** In the order in which they are told: what ends a key goes before what restricts it. */
export const rules: readonly Rule[] = [
  { name: "status", code: "DISABLED", holds: ({ key }) => key.status === "enabled" },
  {
    // At the moment itself it is over: an end is a comparison here, never the work of a timer.
    name: "expiresAt",
    code: "EXPIRED",
    holds: ({ key }, { now }) => key.expiresAt === null || now < Date.parse(key.expiresAt),
  },
  {
    name: "ipAllowlist",
    code: "IP_DENIED",
    holds: ({ allowlist }, { address }) => allows(allowlist, address),
  },
  {
    // A rule of its own: whoever asks why an address is refused would search the key for what its account says.
    name: "account.ipAllowlist",
    code: "IP_DENIED",
    holds: ({ accountAllowlist }, { address }) => allows(accountAllowlist, address),
  },
  {
    name: "scope.models",
    code: "MODEL_DENIED",
    holds: ({ key: { scope } }, { model, endpoint, partial }) => {
      if (grants(scope.models, model) || isListed(scope.endpoints, endpoint)) return true;
      if (model !== undefined) return false;
      // Then the endpoint alone is what the call is about.
      return scope.endpoints !== "all" && endpoint !== undefined ? true : partial;
    },
  },
  {
    name: "scope.endpoints",
    code: "ENDPOINT_DENIED",
    holds: ({ key: { scope } }, { model, endpoint, partial }) => {
      if (grants(scope.endpoints, endpoint) || isListed(scope.models, model)) return true;
      return endpoint === undefined && partial;
    },
  },
];

/** Why a key is not good for a call, or undefined when no rule of its own speaks against it. */
export const refusalOf = (subject: Subject, use: Use): RefusalCode | undefined => {
  for (const { code, holds } of rules) if (!holds(subject, use)) return code;
  return undefined;
};
