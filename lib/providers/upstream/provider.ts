import type { ReadRecorder } from "../../audit/reads.ts";
import { Refusal } from "../../errors.ts";
import { applyWish, nothingAsked } from "../../keys/asked.ts";
import type { Material } from "../../keys/material.ts";
import type { RandomBytes } from "../../keys/random.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { AccountId, Key } from "../../schemas/key.ts";
import type { Vault } from "../../sealing/vault.ts";
import type { Store } from "../../store/port/store.ts";
import type { Caller } from "../caller.ts";
import { changedFields, refuseFields, refuseOperation } from "../capabilities.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import { checkExpected } from "../expected.ts";
import { refusePast } from "../expiry.ts";
import type { Facing } from "../facing.ts";
import type { Provider } from "../port.ts";
import type { Profile } from "../profile.ts";
import type { UpstreamClient } from "./attempts.ts";
import { change, lookAfter, openTurns, type Steps, settleRepeatable } from "./changes.ts";
import { creation } from "./create.ts";
import type { DataPlane } from "./data-plane.ts";
import type { Intent } from "./intents.ts";
import { openFirstLook, prepareStop, replaced } from "./killing.ts";
import { openOnceLedger } from "./once.ts";
import { refused } from "./refusal.ts";
import { findRemovable, removal } from "./remove.ts";
import { rotation } from "./rotate.ts";
import { openCalls } from "./rotation/calls.ts";
import { readGenerations } from "./rotation/generations.ts";
import { openMoves } from "./rotation/moves.ts";
import { rotatingProvider } from "./rotation/rotating.ts";
import { openSaga } from "./rotation/saga.ts";
import { openSecrets, revealed } from "./secrets.ts";
import { openSnapshots, upstreamSource } from "./source.ts";
import { disabling, enabling } from "./status.ts";
import { syncInventory } from "./sync.ts";
import { keysMax, openSystem, type SeenKey } from "./system.ts";

interface UpstreamParts {
  readonly store: Store;
  readonly vault: Pick<Vault, "seal">;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Keyed: tells one secret from another without telling anything of either. */
  readonly digest: (text: string) => string;
}

interface UpstreamSettings {
  readonly name: string;
  readonly region: string;
  readonly native: boolean;
  readonly account: AccountId;
  /** Where its keys are used, if that is configured. */
  readonly plane: DataPlane | undefined;
  readonly own: unknown;
}

/** How long a replaced key goes on working where nobody says, as on AIone. */
const graceDefault = 86_400;

/** A real system's keys, as the facade sees them. */
export const upstreamProvider = (
  parts: UpstreamParts,
  {
    profile,
    facing,
    dialect,
  }: { readonly profile: Profile; readonly facing: Facing; readonly dialect: Dialect },
  client: UpstreamClient,
  settings: UpstreamSettings,
): Provider => {
  const { reads, clock, random, digest } = parts;
  const { name, account } = settings;
  const capabilities = facing.capabilities.upstream;
  const system = openSystem(name, dialect, client, parts);
  const ledger = openOnceLedger(parts, name);
  const secrets = openSecrets(name, capabilities, digest);
  const creating = { ...parts, provider: name, system, dialect, capabilities, secrets };
  const source = upstreamSource(name, system, openSnapshots(keysMax), parts, async (caller) => {
    const { shown } = await readGenerations(parts.store, caller.account.id, name);
    return (key) => shown(key, clock());
  });

  const run = <T>(caller: Caller, steps: Steps<T>): Promise<T> => change(caller, name, ledger, clock, steps);
  const send = (caller: Caller, call: NativeCall): Promise<void> =>
    system.ask(caller, call, false, () => undefined);
  const read = (caller: Caller, id: string): Promise<SeenKey> => system.read(caller, id);

  const facts = (isNew: boolean, material: Material | undefined) => ({
    isNew,
    material,
    random,
    now: clock(),
    settings: settings.own,
  });

  const inTurn = openTurns();
  /** One change of a key at a time, here by turns; of a call that another process is at, nothing is even looked at. */
  const changing = <T>(
    caller: Caller,
    id: string,
    run: (earlier: Intent | undefined) => Promise<T>,
  ): Promise<T> => inTurn(id, async () => run(await ledger.standing(caller)));

  const firstLook = settings.plane && openFirstLook(settings.plane, clock);
  const killing = { ...parts, provider: name, firstLook };

  const disable: Provider["disable"] = (caller, id, expected) =>
    changing(caller, id, async () => {
      const { knownAs: key = id } = caller;
      refuseOperation(capabilities, "disable", name);
      if (expected !== null) checkExpected((await read(caller, id).catch(refused(name))).key, expected);
      const stop = await prepareStop(killing, caller, { key, cause: "disabled" }, () => read(caller, id));
      const { kept, ...done } = await run(caller, disabling(creating, caller, id, stop));
      return { ...done, receipt: kept.receipt };
    });

  const inner: Provider = {
    name,
    service: profile.service,
    mode: "upstream",
    native: settings.native,
    account,
    region: profile.regional ? settings.region : "",
    capabilities,
    ...(profile.isChosen && { isChosen: profile.isChosen }),
    health: () => system.health(),
    sources: async () => [source],

    create: async (caller, wish, material) => {
      refuseOperation(capabilities, "create", name);
      const asked = changedFields(nothingAsked, applyWish(nothingAsked, wish));
      refuseFields(capabilities, "create", material === undefined ? asked : [...asked, "material"], name);
      const whole = facing.complete(nothingAsked, wish, facts(true, material));
      parseInput(profile.fields, whole);
      refusePast(nothingAsked, whole, clock());
      const { owner, ...fields } = whole;
      profile.rules.create?.({ ...fields, team: owner.team });
      return run(caller, creation(creating, caller, whole, material));
    },

    read: async (caller, id) => (await read(caller, id).catch(refused(name))).key,

    change: (caller, id, wish, expected) =>
      changing(caller, id, async () => {
        refuseOperation(capabilities, "change", name);
        const { change: toCalls } = dialect;
        if (toCalls === undefined) throw new Error("a change was not refused");
        const before = (await read(caller, id).catch(refused(name))).key;
        checkExpected(before, expected);
        refuseFields(capabilities, "change", changedFields(before, applyWish(before, wish)), name);
        const after = facing.complete(before, wish, facts(false, undefined));
        parseInput(profile.fields, after);
        refusePast(before, after, clock());
        const calls = toCalls(before, after);
        const sendAll = async (): Promise<void> => {
          for (const call of calls) await send(caller, call);
        };
        const look = async (): Promise<Key | undefined> => {
          const { key } = await read(caller, id);
          return toCalls(key, after).length === 0 ? key : undefined;
        };
        return run(caller, {
          operation: "change",
          about: id,
          act: async () => {
            await sendAll();
            return (await lookAfter(read(caller, id))).key;
          },
          settle: settleRepeatable(look, sendAll),
          ending: (key) => ({
            type: "done",
            event: "key.updated",
            key,
            once: { reply: { key }, secret: null },
          }),
        });
      }),

    setStatus: async (caller, id, status, expected) => {
      if (status === "disabled") return (await disable(caller, id, expected)).key;
      return changing(caller, id, async () => {
        refuseOperation(capabilities, "enable", name);
        if (expected !== null) checkExpected((await read(caller, id).catch(refused(name))).key, expected);
        return run(caller, enabling(creating, caller, id));
      });
    },

    disable,

    rotate: (caller, id, { graceSeconds, material }, expected) =>
      changing(caller, id, async () => {
        const { knownAs: key = id } = caller;
        refuseOperation(capabilities, "rotate", name);
        if (graceSeconds !== undefined && graceSeconds > 0) refuseOperation(capabilities, "grace", name);
        if (material !== undefined) refuseFields(capabilities, "change", ["material"], name);
        const before = await read(caller, id).catch(refused(name));
        checkExpected(before.key, expected);
        // By the service's own rule of what may be brought along, so that it is refused before there is an intent.
        profile.renew(random, before.key, material);
        const replacing = { ...creating, replaced: (made: Key) => replaced(killing, key, made) };
        return run(caller, rotation(replacing, caller, before, material));
      }),

    sync: (caller) => syncInventory({ ...parts, system, ledger }, name, caller),

    reveal: async (caller, id) => {
      refuseOperation(capabilities, "reveal", name);
      const { material } = await read(caller, id).then(revealed).catch(refused(name));
      await reads.record(caller, `${name}/${caller.knownAs ?? id}`, clock().toISOString());
      return material;
    },

    recall: async (caller, id, generation) => {
      const { material } = await read(caller, id).then(revealed).catch(refused(name));
      if (secrets.generationOf(material) !== generation) return null;
      await reads.record(caller, `${name}/${caller.knownAs ?? id}`, clock().toISOString());
      return material;
    },

    remove: (caller, id, expected) =>
      changing(caller, id, async (earlier) => {
        const { knownAs: key = id } = caller;
        refuseOperation(capabilities, "delete", name);
        const before = await findRemovable(system, caller, id, earlier).catch(refused(name));
        if (!before.isGone) checkExpected(before, expected);
        const stop = await prepareStop(killing, caller, { key, cause: "deleted" }, () => read(caller, id));
        return (await run(caller, removal(creating, caller, before, stop))).receipt;
      }),
  };

  const { rotate, grace } = capabilities.operations;
  if (rotate !== "keyway" && grace !== "keyway") return inner;
  const moves = openMoves({ ...parts, provider: name });
  const calls = openCalls({ ...creating, ledger, killing });
  return rotatingProvider(inner, {
    ...parts,
    system,
    saga: openSaga({ ...creating, uuid: parts.uuid, clock, calls, moves }),
    graceOf: ({ graceSeconds = rotate === "keyway" ? graceDefault : 0 }) =>
      rotate === "keyway" || graceSeconds > 0 ? graceSeconds : null,
    refuse: (key, { material }) => {
      if (material !== undefined) {
        refuseFields(capabilities, "change", ["material"], name);
        const path = "material";
        throw new Refusal("unsupported", `The provider \`${name}\` makes the successor's secret itself.`, {
          issues: [{ path, message: "goes only with a rotation without a `grace`" }],
        });
      }
      profile.rules.renew?.(key, clock());
      // By the service's own rule of what has to be brought along, before there is a rotation.
      profile.renew(random, key, undefined);
    },
    refuseRemoval: (key) => profile.rules.remove?.(key),
  });
};
