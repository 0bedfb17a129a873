import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { House } from "../lib/house.ts";
import { unrestricted } from "../lib/keys/limits.ts";
import type { Material } from "../lib/keys/material.ts";
import { Secret } from "../lib/keys/secret.ts";
import type { Caller } from "../lib/providers/caller.ts";
import type { EmbeddedProvider } from "../lib/providers/embedded.ts";
import type { KeyDraft } from "../lib/providers/profile.ts";
import { profiles } from "../lib/providers/profiles.ts";
import { backedBy } from "../lib/runtime/backing.ts";
import { openClient } from "../lib/runtime/clients.ts";
import { openHouse } from "../lib/runtime/compose.ts";
import { readConfig } from "../lib/runtime/config.ts";
import { facade } from "../lib/runtime/facade.ts";
import type { OpenStorage } from "../lib/runtime/storage.ts";
import { sqliteStorage } from "../lib/runtime/storage-sqlite.ts";
import { threadWriter } from "../lib/store/sqlite/thread-writer.ts";
import type { LimitMode } from "../lib/verification/limiter.ts";
import { progress } from "./measure.ts";
import { temporaryFolder } from "./process.ts";

export const region = "ap-guangzhou";

/** Everything that a server on this folder needs to be told; the root's secrets are made up for it. */
export interface Setting {
  readonly folder: string;
  readonly root: { readonly secretId: string; readonly secretKey: string; readonly token: string };
  readonly env: Readonly<Record<string, string>>;
}

/** With room for a million keys of each service. */
export const newSetting = (limits: LimitMode = "exact"): Setting => {
  const folder = temporaryFolder();
  const providers = profiles.map(({ service }) => [service, { service, keysMax: 1_000_000 }]);
  const configFile = join(folder, "keyway.json");
  writeFileSync(
    configFile,
    JSON.stringify({ providers: Object.fromEntries(providers), verification: { limits } }),
  );
  const secret = (): string => randomBytes(18).toString("hex");
  const root = { secretId: `AKID${secret()}`, secretKey: secret(), token: secret() };
  return {
    folder,
    root,
    env: {
      PORT: "0",
      KEYWAY_DATA: folder,
      KEYWAY_CONFIG: configFile,
      KEYWAY_ACTION_RPS: "0",
      KEYWAY_ROOT_SECRET_ID: root.secretId,
      KEYWAY_ROOT_SECRET_KEY: root.secretKey,
      KEYWAY_ROOT_TOKEN: root.token,
    },
  };
};

/** What a key of each service is made of, and where it is. */
export interface Seed {
  readonly service: string;
  readonly region: string;
  readonly native: KeyDraft["native"];
  readonly material: Material | undefined;
}

export const seeds = {
  tokenhub: { service: "tokenhub", region, native: { bindings: [], quotaPackages: [] }, material: undefined },
  apigateway: {
    service: "apigateway",
    region,
    native: { type: "auto", usagePlans: [] },
    material: undefined,
  },
  csip: {
    service: "csip",
    region: "",
    native: { Exclude: 1, Instances: [] },
    material: { kind: "fields", fields: [{ name: "Token", value: new Secret("made-for-the-benchmark") }] },
  },
  aione: { service: "aione", region: "", native: {}, material: undefined },
} as const satisfies Readonly<Record<string, Seed>>;

export interface OpenedHouse {
  readonly setting: Setting;
  readonly house: House;
  readonly provider: EmbeddedProvider;
  readonly caller: Caller;
  readonly seed: Seed;
}

/** The house on the folder, in this process, as the server on it would be. */
export const openOn = async (
  setting: Setting,
  seed: Seed = seeds.tokenhub,
  openStorage: OpenStorage = sqliteStorage(threadWriter),
): Promise<OpenedHouse> => {
  const config = readConfig(setting.env, profiles);
  const house = await openHouse(config, profiles, {
    openStorage,
    isFunction: false,
    openBacking: backedBy(openClient),
    facade,
  });
  const provider = house.native(seed.service);
  const identity = await house.authenticator.bySecretId(setting.root.secretId);
  if (provider === undefined || identity === undefined) throw new Error("the house is not complete");
  const { account, credential, subUin } = identity.principal;
  const caller: Caller = {
    account,
    actor: { credential, subUin, ip: "127.0.0.1" },
    requestId: house.uuid(),
    action: `${seed.service}:CreateApiKey`,
    details: () => ({ ApiKeyName: "bench", Platform: "maas", BindType: "all" }),
  };
  return { setting, house, provider, caller, seed };
};

/** What keys may be used for: anything, unless a benchmark says less. */
type Restriction = Partial<Pick<KeyDraft, "ipAllowlist" | "limits">>;

const draft = (name: string, { native }: Seed, restriction: Restriction): KeyDraft => ({
  name,
  description: "made by the benchmark",
  status: "enabled",
  ...unrestricted,
  ...restriction,
  native,
});

/** A limit that is counted with each verification and never reached, and a list that has to be looked through. */
export const restricted = {
  ipAllowlist: ["192.0.2.0/24", "2001:db8::/32", "10.0.0.0/8"],
  limits: { requestsPerMinute: 1_000_000_000, tokensPerMinute: null, tokenQuotas: [] },
} satisfies Restriction;

export const tokenOf = ({ material }: CreatedKey): string => {
  if (material.kind !== "token") throw new Error("not a token");
  return material.value.expose();
};

interface CreatedKey {
  readonly id: string;
  readonly material: Material;
}

/** Creates keys with so many callers at once, each waiting for its own. */
export const createKeys = async (
  opened: OpenedHouse,
  count: number,
  callers: number,
  restriction: Restriction = {},
): Promise<CreatedKey[]> => {
  const { provider, caller, seed } = opened;
  const created: CreatedKey[] = [];
  let left = count;
  const call = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const wanted = draft(`key-${left}`, seed, restriction);
      const { key, material } = await provider.create(caller, seed.region, wanted, seed.material);
      created.push({ id: key.id, material });
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return created;
};

export const manyKeys = 100_000;
let filled: Promise<Setting> | undefined;

/** A folder with 100,000 keys, made once for all figures that want it. */
export const filledSetting = (): Promise<Setting> => {
  filled ??= fill();
  return filled;
};

const fill = async (): Promise<Setting> => {
  const setting = newSetting();
  const opened = await openOn(setting);
  const parts = 10;
  for (let part = 1; part <= parts; part++) {
    await createKeys(opened, manyKeys / parts, 256);
    progress(`filling the store: ${part}/${parts}`);
  }
  await opened.house.close();
  return setting;
};

export const databaseIn = (folder: string): string => join(folder, "bench.sqlite");
