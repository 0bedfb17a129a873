import { randomBytes, randomUUID } from "node:crypto";
import { openAuthenticator } from "../access/authenticate.ts";
import type { CredentialSecrets } from "../access/credential.ts";
import { ensureRoot, rootAccountId, rootSecrets } from "../access/root.ts";
import { checkpointSigner } from "../audit/checkpoint.ts";
import { openReadRecorder } from "../audit/reads.ts";
import { openRefusalCounter } from "../audit/refusals.ts";
import { openNotices } from "../events/notices.ts";
import type { House } from "../house.ts";
import { openJobHealth } from "../jobs/health.ts";
import { openUpkeep } from "../jobs/upkeep.ts";
import { rateLimiter } from "../keys/rate.ts";
import type { LeakTarget } from "../leaks/match.ts";
import type { EmbeddedProvider } from "../providers/embedded.ts";
import type { Provider } from "../providers/port.ts";
import type { Profile } from "../providers/profile.ts";
import type { Forward } from "../providers/upstream/forward.ts";
import { openVault } from "../sealing/vault.ts";
import { openUsageReads } from "../usage/reads.ts";
import type { OpenBacking } from "./backing.ts";
import type { Config } from "./config.ts";
import type { Facade } from "./facade.ts";
import { lineLog } from "./log.ts";
import { openedOnce } from "./opened-once.ts";
import type { OpenStorage } from "./storage.ts";

/** The first of Tencent's regions, and the one in its samples. */
const regionDefault = "ap-guangzhou";

/** Calls of the facade in a second, by one credential; off together with the actions' own limit. */
const facadeRps = 1000;

export interface OpenOptions {
  readonly openStorage: OpenStorage;
  /** Whether the process is frozen between calls, as a function is: no timer tells it to write what it counted. */
  readonly isFunction: boolean;
  /** Where keys are managed. Who only verifies them opens none, and starts sooner. */
  readonly openBacking?: OpenBacking;
  /** Where a new root credential is shown, once. Without it, one must be configured or stored. */
  readonly showRoot?: (secrets: CredentialSecrets) => void;
  readonly writeLog?: (text: string) => void;
  /** Where the facade is served, or a part of it. */
  readonly facade?: Partial<Facade>;
}

/** Builds everything that has an effect, in the order in which it is needed. */
export const openHouse = async (
  config: Config,
  profiles: readonly Profile[],
  options: OpenOptions,
): Promise<House> => {
  const clock = (): Date => new Date();
  const uuid = (): string => randomUUID();
  const random = randomBytes;
  const { log, flush } = lineLog(options.writeLog ?? ((text) => void process.stderr.write(text)), clock);

  const { store: opened, master, verifierKeptMs } = await options.openStorage(config);
  const { store, listen } = openNotices(opened);
  try {
    if ((await store.readMasterId()) === undefined) await store.setMasterId(await master.currentId());
    const vault = await openVault(store, master, clock);
    await openRoot(config, options, { store, vault, clock, random, uuid });

    const checkpoints = openedOnce(async () => checkpointSigner(await vault.checkpointSeed()));
    // The key is made with the store. A function that signs nothing does not wait for it to be opened at each start.
    if (!options.isFunction) await checkpoints();

    const refusals = openRefusalCounter(store, (error) =>
      log({ level: "error", message: "refusals could not be counted", error: nameOf(error) }),
    );
    const reads = openReadRecorder(store);
    const parts = { store, vault, reads, clock, random, uuid };
    const native = new Map<string, EmbeddedProvider>();
    const forwards = new Map<string, Forward>();
    const providers: Provider[] = [];
    const embedded = new Map<string, Profile>();
    const leakTargets = new Map<string, LeakTarget>();
    for (const settings of config.providers) {
      const profile = profiles.find(({ service }) => service === settings.service);
      if (profile === undefined) continue; // another function of this deployment serves it
      const region = settings.region ?? regionDefault;
      if (settings.upstream === undefined) embedded.set(settings.name, profile);
      const backing = options.openBacking?.(settings, profile, region, parts);
      const port = options.facade?.openProvider?.(settings, region, backing, parts);
      if (port !== undefined) providers.push(port);
      if (backing?.mode === "embedded") {
        if (port !== undefined) leakTargets.set(settings.name, { engine: backing.engine, port });
        if (settings.native) native.set(profile.service, backing.engine);
      } else if (backing !== undefined && settings.native) forwards.set(profile.service, backing.forward);
    }
    // A function of one action knows a part of the providers: only who serves them all can miss one.
    // A function starts too often for it: the totals of every account would be read each time.
    const unreachable = options.isFunction
      ? undefined
      : await options.facade?.unreachableKeys?.(store, config.providers);
    unreachable?.forEach(log);
    const verification = options.facade?.openVerification?.(
      { store, vault, clock, profiles: embedded },
      config.verification,
      {
        isFunction: options.isFunction,
        callsMax: options.isFunction ? callsInMemory.function : callsInMemory.server,
        onError: (error) =>
          log({ level: "error", message: "usage could not be counted", error: nameOf(error) }),
      },
    );
    const webhooks = options.facade?.openWebhooks?.(
      { store, vault, clock, random: Math.random, uuid, listen },
      config.webhooks,
    );
    const leaks = options.facade?.openLeaks?.(
      { store, vault, clock, random, uuid },
      leakTargets,
      config.leaks,
    );
    const jobHealth = openJobHealth({
      store,
      operator: rootAccountId,
      clock,
      uuid,
      onError: (job, error) => log({ level: "error", message: `the job ${job} failed`, error }),
    });
    // A function is frozen between calls, and its table forgets by itself.
    const upkeep = options.isFunction ? undefined : openUpkeep({ store, clock, jobHealth });
    return {
      store,
      vault,
      authenticator: openAuthenticator(store, vault, { clock, verifierKeptMs }),
      refusals,
      checkpoints,
      limiter: rateLimiter(config.actionRps),
      facadeLimiter: rateLimiter(config.actionRps === 0 ? 0 : facadeRps),
      corsOrigins: config.corsOrigins,
      native: (service) => native.get(service),
      forward: (service) => forwards.get(service),
      providers,
      dataPlanes: new Map(
        config.providers.flatMap(({ name, upstream }) =>
          upstream?.dataPlane === undefined ? [] : [[name, upstream.dataPlane] as const],
        ),
      ),
      verification,
      leaks,
      usage: openUsageReads(store, async () => verification?.usage.flush()),
      underWay: new Set(),
      providerNames: config.providers.map(({ name }) => name),
      clock,
      random,
      uuid,
      log,
      onEvents: listen,
      jobHealth,
      webhooks,
      close: async () => {
        webhooks?.close();
        upkeep?.close();
        await refusals.close();
        await verification?.usage.close();
        await store.close();
        flush();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

/** Verifications that are counted in memory before they are written; a server writes them each second besides. */
const callsInMemory = { server: 100_000, function: 20 } as const;

const openRoot = async (
  config: Config,
  options: OpenOptions,
  parts: Parameters<typeof ensureRoot>[0],
): Promise<void> => {
  const configured = config.root === undefined ? undefined : rootSecrets(config.root);
  if (configured === undefined && options.showRoot === undefined) return;
  const minted = await ensureRoot(parts, configured);
  if (minted !== undefined) options.showRoot?.(minted);
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
