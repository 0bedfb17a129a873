import { both, type Capabilities, onlyAtCreation } from "../capabilities.ts";

const fields = {
  name: onlyAtCreation("provider"),
  description: both("provider"),
  status: onlyAtCreation("provider"),
  "scope.models": both("provider"),
  "scope.endpoints": both("provider"),
  ipAllowlist: both("provider"),
  "limits.tokenQuotas": both("provider"),
  sandbox: both("refused"),
  native: both("provider"),
  // TokenHub makes the values of its keys itself, and they never change.
  material: both("refused"),
} as const;

const operations = {
  list: "provider",
  read: "provider",
  create: "provider",
  change: "provider",
  delete: "provider",
  enable: "provider",
  disable: "provider",
  // The real system cannot: a successor takes the key's place, or, where Keyway keeps the key, another value.
  rotate: "keyway",
  grace: "keyway",
  reveal: "provider",
} as const;

export const tokenhubCapabilities: Readonly<Record<"embedded" | "upstream", Capabilities>> = {
  embedded: {
    operations: { ...operations, sync: "refused", verify: "keyway", leaks: "keyway" },
    fields: {
      ...fields,
      "limits.requestsPerMinute": both("keyway"),
      "limits.tokensPerMinute": both("keyway"),
      expiresAt: both("keyway"),
      "owner.team": both("keyway"),
      tags: both("keyway"),
    },
  },
  upstream: {
    operations: { ...operations, sync: "keyway", verify: "refused", leaks: "refused" },
    fields: {
      ...fields,
      "limits.requestsPerMinute": both("refused"),
      "limits.tokensPerMinute": both("refused"),
      expiresAt: both("refused"),
      "owner.team": both("refused"),
      tags: both("refused"),
    },
  },
};
