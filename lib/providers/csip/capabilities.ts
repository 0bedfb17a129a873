import { both, type Capabilities } from "../capabilities.ts";

/** Nobody presents a credential of the sandbox to anyone here, so what restricts a use of it would be an empty word. */
const unused = {
  status: both("refused"),
  "scope.models": both("refused"),
  "scope.endpoints": both("refused"),
  ipAllowlist: both("refused"),
  "limits.requestsPerMinute": both("refused"),
  "limits.tokensPerMinute": both("refused"),
  "limits.tokenQuotas": both("refused"),
  sandbox: both("refused"),
  expiresAt: both("refused"),
} as const;

const idle = {
  list: "provider",
  read: "provider",
  enable: "refused",
  disable: "refused",
  grace: "refused",
} as const;

export const csipCapabilities: Readonly<Record<"embedded" | "upstream", Capabilities>> = {
  // The service publishes no action that makes or changes a credential.
  embedded: {
    operations: {
      ...idle,
      create: "keyway",
      change: "keyway",
      delete: "keyway",
      rotate: "keyway",
      reveal: "keyway",
      sync: "refused",
      // Nobody presents a credential of the sandbox: it is put into a machine.
      verify: "refused",
      leaks: "refused",
    },
    fields: {
      ...unused,
      name: both("keyway"),
      description: both("keyway"),
      "owner.team": both("keyway"),
      tags: both("keyway"),
      native: both("keyway"),
      material: both("keyway"),
    },
  },
  upstream: {
    operations: {
      ...idle,
      create: "refused",
      change: "refused",
      delete: "refused",
      rotate: "refused",
      reveal: "refused",
      sync: "keyway",
      verify: "refused",
      leaks: "refused",
    },
    fields: {
      ...unused,
      name: both("refused"),
      description: both("refused"),
      "owner.team": both("refused"),
      tags: both("refused"),
      native: both("refused"),
      material: both("refused"),
    },
  },
};
