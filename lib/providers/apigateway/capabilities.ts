import { both, type Capabilities, onlyAtCreation } from "../capabilities.ts";

const operations = {
  list: "provider",
  read: "provider",
  create: "provider",
  delete: "provider",
  enable: "provider",
  disable: "provider",
  rotate: "provider",
  // The service ends the old secret with the update itself: with a grace a successor takes the key's place, or, where
  // Keyway keeps the key, the old secret goes on beside the new one.
  grace: "keyway",
  reveal: "provider",
} as const;

const fields = {
  name: onlyAtCreation("provider"),
  sandbox: both("refused"),
  native: onlyAtCreation("provider"),
  material: both("provider"),
} as const;

export const apigatewayCapabilities: Readonly<Record<"embedded" | "upstream", Capabilities>> = {
  embedded: {
    operations: { ...operations, change: "keyway", sync: "refused", verify: "keyway", leaks: "keyway" },
    fields: {
      ...fields,
      description: both("keyway"),
      status: onlyAtCreation("keyway"),
      "scope.models": both("keyway"),
      "scope.endpoints": both("keyway"),
      ipAllowlist: both("keyway"),
      "limits.requestsPerMinute": both("keyway"),
      "limits.tokensPerMinute": both("keyway"),
      "limits.tokenQuotas": both("keyway"),
      expiresAt: both("keyway"),
      "owner.team": both("keyway"),
      tags: { create: "provider", change: "keyway" },
    },
  },
  upstream: {
    // No action of the service changes anything but the secret and the status.
    operations: { ...operations, change: "refused", sync: "keyway", verify: "refused", leaks: "refused" },
    fields: {
      ...fields,
      description: both("refused"),
      status: onlyAtCreation("refused"),
      "scope.models": both("refused"),
      "scope.endpoints": both("refused"),
      ipAllowlist: both("refused"),
      "limits.requestsPerMinute": both("refused"),
      "limits.tokensPerMinute": both("refused"),
      "limits.tokenQuotas": both("refused"),
      expiresAt: both("refused"),
      "owner.team": both("refused"),
      tags: onlyAtCreation("provider"),
    },
  },
};
