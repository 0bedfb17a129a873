import { unrestricted } from "../../lib/keys/limits.ts";
import type { Material } from "../../lib/keys/material.ts";
import { Secret } from "../../lib/keys/secret.ts";
import type { Caller } from "../../lib/providers/caller.ts";
import type { AccountId } from "../../lib/schemas/key.ts";
import type { TestKeyway } from "./keyway.ts";

/** What the console does and no public action can: credentials made and changed by the engine, in this process. */

export interface EffectScope {
  readonly Exclude: 0 | 1;
  readonly Instances: string[];
}
export const everywhere: EffectScope = { Exclude: 1, Instances: [] };

export const access = (...pairs: readonly (readonly [name: string, value: string])[]): Material => ({
  kind: "fields",
  fields: pairs.map(([name, value]) => ({ name, value: new Secret(value) })),
});

export const sts = (system: string, secretId: string, secretKey: string): Material => ({
  kind: "sts",
  system,
  secretId: new Secret(secretId),
  secretKey: new Secret(secretKey),
});

export interface StoredCredentials {
  readonly account: AccountId;
  /** Answers the id. */
  create(name: string, material: Material, scope?: EffectScope): Promise<string>;
  renew(id: string, material: Material): Promise<void>;
  disable(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

/** The credentials of the account whose SecretId this is. */
export const credentialsOf = async (
  keyway: TestKeyway,
  secretId: string = keyway.root.secretId,
): Promise<StoredCredentials> => {
  const { house } = keyway;
  const provider = house.native("csip");
  const identity = await house.authenticator.bySecretId(secretId);
  if (provider === undefined || identity === undefined) throw new Error("the house is not complete");
  const { account, credential, subUin } = identity.principal;
  const caller: Caller = {
    account,
    actor: { credential, subUin, ip: "127.0.0.1" },
    requestId: house.uuid(),
    action: "csip:Test",
    details: () => ({}),
  };
  return {
    account: account.id,
    create: async (name, material, { Exclude, Instances } = everywhere) => {
      const draft = {
        name,
        description: "",
        status: "enabled" as const,
        ...unrestricted,
        native: { Exclude, Instances },
      };
      return (await provider.create(caller, "", draft, material)).key.id;
    },
    renew: async (id, material) => {
      await provider.renew(caller, "", id, material, null);
    },
    disable: async (id) => {
      await provider.setStatus(caller, "", id, "disabled");
    },
    remove: async (id) => void (await provider.remove(caller, "", id)),
  };
};
