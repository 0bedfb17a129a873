import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Capabilities } from "../../lib/providers/capabilities.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import type { ProviderWorld } from "../contract/provider.ts";
import { facadeOf, type ProviderName, providerNames } from "./facade-client.ts";
import { madeUpRoot, startKeyway, type TestKeyway, temporaryFolder } from "./keyway.ts";
import { type KeywayProcess, spawnKeyway } from "./process.ts";

export type RealSystems = Pick<KeywayProcess, "url" | "host" | "root">;

export interface Pair {
  /** Keyway in the part of the real systems, in a process of its own. */
  readonly real: RealSystems;
  /** Keyway with four embedded providers, and four upstream ones called `<service>-real`. */
  readonly keyway: TestKeyway;
  readonly facade: ReturnType<typeof facadeOf>;
  /** Another Keyway over the same data, with the same configuration. */
  readonly beside: () => Promise<TestKeyway>;
  readonly stop: () => Promise<void>;
}

interface PairOptions {
  /** In front of the real systems, in place of their own address: `http://127.0.0.1:…` */
  readonly front?: (url: string) => Promise<string> | string;
  /** Whether the upstream providers answer the native calls. */
  readonly native?: boolean;
  /** Variables of the real systems. */
  readonly real?: Readonly<Record<string, string>>;
  /** Of each provider, where a service's own limit is too low for what a test makes. */
  readonly keysMax?: number;
  /** Where the keys of a service are used. */
  readonly dataPlanes?: (real: RealSystems) => Promise<Partial<Record<ProviderName, object>>>;
}

export const upstreamName = (service: ProviderName): string => `${service}-real`;

const isRegional = (name: ProviderName): boolean =>
  profiles.some(({ service, regional }) => service === name && regional);

export const startPair = async ({
  front = (url) => url,
  native = false,
  real: realEnv = {},
  keysMax,
  dataPlanes,
}: PairOptions = {}): Promise<Pair> => {
  const folder = temporaryFolder();
  const bound = keysMax === undefined ? {} : { keysMax };
  const realFile = join(folder, "real.json");
  const own = Object.fromEntries(providerNames.map((service) => [service, { service, ...bound }]));
  writeFileSync(realFile, JSON.stringify({ providers: own }));
  const real = await spawnKeyway(madeUpRoot(), {
    KEYWAY_DATA: folder,
    KEYWAY_CONFIG: realFile,
    ...realEnv,
  });
  const endpoint = await front(real.url);
  const planes = await dataPlanes?.(real);
  const pair = { secretIdEnv: "REAL_SECRET_ID", secretKeyEnv: "REAL_SECRET_KEY" };
  const entries = providerNames.flatMap((service) => [
    [service, { service, native: !native, ...bound }],
    [
      upstreamName(service),
      {
        service,
        native,
        endpoint,
        credential: service === "aione" ? { tokenEnv: "REAL_TOKEN" } : pair,
        ...(isRegional(service) && { region: "ap-guangzhou" }),
        ...(planes?.[service] && { dataPlane: planes[service] }),
      },
    ],
  ]);
  // Beside the data: of no interest to the real systems, and removed with it.
  const file = join(folder, "keyway.json");
  const webhooks = { networks: ["127.0.0.0/8"] };
  writeFileSync(file, JSON.stringify({ providers: Object.fromEntries(entries), webhooks }));
  const env = {
    KEYWAY_CONFIG: file,
    REAL_SECRET_ID: real.root.secretId,
    REAL_SECRET_KEY: real.root.secretKey,
    REAL_TOKEN: real.root.token,
  };
  const keyway = await startKeyway({ env });
  return {
    real,
    keyway,
    facade: facadeOf(keyway),
    beside: () => startKeyway({ env, folder: keyway.folder, root: keyway.root, keep: true }),
    stop: async () => {
      await keyway.stop();
      await real.end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Each of the eight providers as the contract sees it. */
export const worldsOf = async ({
  facade,
  real,
  keyway,
}: Pair): Promise<ReadonlyMap<string, ProviderWorld>> => {
  const { items } = (await facade.call("GET", "/v1/providers")).body as {
    items: readonly (Capabilities & { readonly name: string; readonly service: ProviderName })[];
  };
  return new Map(
    items.map((declared): [string, ProviderWorld] => {
      const { name: provider, service } = declared;
      const key = async (): Promise<string> =>
        // Nobody but the engine itself can make a sandbox credential of the real system.
        provider === "csip-real"
          ? (await facadeOf(real).create("csip")).key.id
          : (await facade.create(provider)).key.id;
      const native = provider === service ? keyway : real;
      return [provider, { facade, provider, service, declared, native, key }];
    }),
  );
};
