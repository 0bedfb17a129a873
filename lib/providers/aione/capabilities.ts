import { both, type Capabilities, onlyAtCreation } from "../capabilities.ts";

const fields = {
  name: both("provider"),
  "scope.models": both("provider"),
  ipAllowlist: both("provider"),
  "limits.requestsPerMinute": both("provider"),
  "limits.tokensPerMinute": both("provider"),
  sandbox: onlyAtCreation("provider"),
  expiresAt: onlyAtCreation("provider"),
  "owner.team": onlyAtCreation("provider"),
  // Every field of the service has a canonical twin, and it makes its secrets itself.
  native: both("refused"),
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
  rotate: "provider",
} as const;

export const aioneCapabilities: Readonly<Record<"embedded" | "upstream", Capabilities>> = {
  embedded: {
    // The service shows a secret once, and its rotation takes no length of a grace; Keyway, which keeps the key, can both.
    operations: {
      ...operations,
      grace: "keyway",
      reveal: "keyway",
      sync: "refused",
      verify: "keyway",
      leaks: "keyway",
    },
    fields: {
      ...fields,
      description: both("keyway"),
      status: onlyAtCreation("keyway"),
      "scope.endpoints": both("keyway"),
      "limits.tokenQuotas": both("keyway"),
      tags: both("keyway"),
    },
  },
  upstream: {
    // The length of the grace is the service's own.
    operations: {
      ...operations,
      grace: "refused",
      reveal: "refused",
      sync: "keyway",
      verify: "refused",
      leaks: "refused",
    },
    fields: {
      ...fields,
      description: both("refused"),
      status: onlyAtCreation("refused"),
      "scope.endpoints": both("refused"),
      "limits.tokenQuotas": both("refused"),
      tags: both("refused"),
    },
  },
};
