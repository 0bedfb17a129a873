import type { ReadRecorder } from "../../audit/reads.ts";
import { Refusal } from "../../errors.ts";
import { type Asked, applyWish, nothingAsked } from "../../keys/asked.ts";
import { type Material, toSealedText } from "../../keys/material.ts";
import type { RandomBytes } from "../../keys/random.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { AccountId, Key, KeyStatus } from "../../schemas/key.ts";
import type { Store } from "../../store/port.ts";
import type { Caller } from "../caller.ts";
import { changedFields, refuseFields, refuseOperation } from "../capabilities.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import type { RevealedKey } from "../embedded.ts";
import type { Facing } from "../facing.ts";
import type { Provider } from "../port.ts";
import type { Profile } from "../profile.ts";
import { change, type Settled, type Steps } from "./changes.ts";
import type { UpstreamClient } from "./client.ts";
import { isMissing, UpstreamFailure } from "./failure.ts";
import { openLedger } from "./ledger.ts";
import { findCreated } from "./lookup.ts";
import { openSnapshots } from "./snapshots.ts";
import { upstreamSource } from "./source.ts";
import { syncInventory } from "./sync.ts";
import { openSystem, refused, type SeenKey } from "./system.ts";

export interface UpstreamParts {
  readonly store: Store;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Keyed: tells one secret from another without telling anything of either. */
  readonly digest: (text: string) => string;
}

export interface UpstreamSettings {
  readonly name: string;
  readonly region: string;
  readonly native: boolean;
  readonly account: AccountId;
  readonly own: unknown;
}

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
  const { store, reads, clock, random, sleep, digest } = parts;
  const { name, account } = settings;
  const capabilities = facing.capabilities.upstream;
  const system = openSystem(name, dialect, client, parts);
  const ledger = openLedger(parts, name);
  const source = upstreamSource(name, system, openSnapshots(), parts);

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

  const checkVersion = (key: Key, expected: number | null): void => {
    if (expected === null || expected === key.version) return;
    throw new Refusal("version_mismatch", "The key was changed since it was read. Read it again.");
  };

  /** Tells apart the secrets that a key had, for the replay of a reply. */
  const generationOf = (material: Material): number =>
    1 +
    Number.parseInt(
      Buffer.from(digest(toSealedText(material).expose()))
        .toString("hex")
        .slice(-12),
      16,
    );

  const onceOf = ({ key, material }: RevealedKey) =>
    capabilities.operations.reveal === "refused"
      ? { reply: { key, material: null }, secret: null }
      : { reply: { key }, secret: { provider: name, id: key.id, generation: generationOf(material) } };

  const revealed = (seen: SeenKey): RevealedKey => {
    if (seen.material === undefined) throw unreadable();
    return { key: seen.key, material: seen.material };
  };

  /**
   * What became of a change that may be sent twice without harm: done when the key is as it should be, else sent once
   * more.
   */
  const settleRepeatable =
    <T>(look: () => Promise<T | undefined>, again: () => Promise<unknown>) =>
    async (): Promise<Settled<T>> => {
      for (const act of [async () => undefined, again, async () => undefined]) {
        try {
          await act();
          const done = await look();
          if (done !== undefined) return { done };
        } catch (error) {
          if (!(error instanceof UpstreamFailure)) throw error;
          if (error.kind === "answered" && act === again) return "not_done";
        }
      }
      return "unknown";
    };

  const statusChange = (id: string, status: KeyStatus): NativeCall => {
    if (dialect.setStatus === undefined) throw new Error("a status that no call sets was not refused");
    return dialect.setStatus(id, status);
  };

  const create = async (
    caller: Caller,
    asked: Asked,
    material: Material | undefined,
  ): Promise<RevealedKey> => {
    const { create: toCall, created } = dialect;
    if (toCall === undefined || created === undefined) throw new Error("a creation was not refused");
    const call = toCall(asked, material);
    const withMaterial = async (seen: SeenKey): Promise<RevealedKey> => {
      if (seen.material !== undefined) return revealed(seen);
      if (capabilities.operations.reveal !== "refused") return revealed(await read(caller, seen.key.id));
      // Its secret was in the answer that was lost. Nobody else has it, so another one harms nobody.
      return revealed(await rotateNow(caller, seen.key.id, undefined));
    };
    return run(caller, {
      operation: "create",
      about: asked.name,
      act: async () => {
        const made = await system.ask(caller, call, false, (reply) => created(reply, system.place(caller)));
        return made.key?.material === undefined
          ? revealed(await read(caller, made.id))
          : revealed(system.numbered(made.key));
      },
      settle: async (failure, intent) => {
        const found = await findCreated({ system, store, provider: name }, caller, intent, asked, sleep);
        if (typeof found === "object") return { done: await withMaterial(found.seen) };
        return found === "none" && saidItFailed(failure) ? "not_done" : "unknown";
      },
      ending: (done) => ({ type: "done", event: "key.created", key: done.key, once: onceOf(done) }),
    });
  };

  const rotateNow = async (caller: Caller, id: string, material: Material | undefined): Promise<SeenKey> => {
    const { rotate: toCall, rotated } = dialect;
    if (toCall === undefined || rotated === undefined) throw new Error("a rotation was not refused");
    const seen = await system.ask(caller, toCall(id, material), false, (reply) =>
      rotated(reply, system.place(caller)),
    );
    return system.numbered(seen);
  };

  return {
    name,
    service: profile.service,
    mode: "upstream",
    native: settings.native,
    account,
    region: profile.regional ? settings.region : "",
    capabilities,
    health: () => system.health(),
    sources: async () => [source],

    create: async (caller, wish, material) => {
      refuseOperation(capabilities, "create", name);
      const asked = changedFields(nothingAsked, applyWish(nothingAsked, wish));
      refuseFields(capabilities, "create", material === undefined ? asked : [...asked, "material"], name);
      const whole = facing.complete(nothingAsked, wish, facts(true, material));
      parseInput(profile.fields, whole);
      const { owner, ...fields } = whole;
      profile.rules.create?.({ ...fields, team: owner.team });
      return create(caller, whole, material);
    },

    read: async (caller, id) => (await read(caller, id).catch(refused(name))).key,

    change: async (caller, id, wish, expected) => {
      refuseOperation(capabilities, "change", name);
      const { change: toCalls } = dialect;
      if (toCalls === undefined) throw new Error("a change was not refused");
      const before = (await read(caller, id).catch(refused(name))).key;
      checkVersion(before, expected);
      refuseFields(capabilities, "change", changedFields(before, applyWish(before, wish)), name);
      const after = facing.complete(before, wish, facts(false, undefined));
      parseInput(profile.fields, after);
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
          return (await read(caller, id)).key;
        },
        settle: settleRepeatable(look, sendAll),
        ending: (key) => ({
          type: "done",
          event: "key.updated",
          key,
          once: { reply: { key }, secret: null },
        }),
      });
    },

    setStatus: async (caller, id, status, expected) => {
      refuseOperation(capabilities, status === "enabled" ? "enable" : "disable", name);
      if (expected !== null) checkVersion((await read(caller, id).catch(refused(name))).key, expected);
      const set = (): Promise<void> => send(caller, statusChange(id, status));
      const look = async (): Promise<Key | undefined> => {
        const { key } = await read(caller, id);
        return key.status === status ? key : undefined;
      };
      return run(caller, {
        operation: status === "enabled" ? "enable" : "disable",
        about: id,
        act: async () => {
          await set();
          return (await read(caller, id)).key;
        },
        settle: settleRepeatable(look, set),
        ending: (key) => ({
          type: "done",
          event: `key.${status}`,
          key,
          once: { reply: { key }, secret: null },
        }),
      });
    },

    rotate: async (caller, id, { graceSeconds, material }, expected) => {
      refuseOperation(capabilities, "rotate", name);
      if (graceSeconds !== undefined && graceSeconds > 0) refuseOperation(capabilities, "grace", name);
      if (material !== undefined) refuseFields(capabilities, "change", ["material"], name);
      const before = await read(caller, id).catch(refused(name));
      checkVersion(before.key, expected);
      const settle = async (): Promise<Settled<RevealedKey>> => {
        const seen = await read(caller, id).catch(() => undefined);
        if (seen === undefined) return "unknown";
        if (seen.material !== undefined && before.material !== undefined) {
          // What was there before is gone already, or nothing happened.
          const isNew = generationOf(seen.material) !== generationOf(before.material);
          return isNew ? { done: revealed(seen) } : "not_done";
        }
        // Its new secret was in the answer alone. To rotate again would end the secret that is in use.
        return seen.key.graceUntil === before.key.graceUntil ? "not_done" : "unknown";
      };
      return run(caller, {
        operation: "rotate",
        about: id,
        act: async () => revealed(await rotateNow(caller, id, material)),
        settle,
        ending: (done) => ({ type: "done", event: "key.rotated", key: done.key, once: onceOf(done) }),
      });
    },

    sync: (caller) => syncInventory({ ...parts, system, ledger }, name, caller),

    reveal: async (caller, id) => {
      refuseOperation(capabilities, "reveal", name);
      const { material } = await read(caller, id).then(revealed).catch(refused(name));
      await reads.record(caller, `${name}/${id}`, clock().toISOString());
      return material;
    },

    recall: async (caller, id, generation) => {
      const { material } = await read(caller, id).then(revealed).catch(refused(name));
      if (generationOf(material) !== generation) return null;
      await reads.record(caller, `${name}/${id}`, clock().toISOString());
      return material;
    },

    remove: async (caller, id, expected) => {
      refuseOperation(capabilities, "delete", name);
      const { remove } = dialect;
      if (remove === undefined) throw new Error("a deletion was not refused");
      const { key } = await read(caller, id).catch(refused(name));
      checkVersion(key, expected);
      const gone = async (): Promise<true | undefined> => {
        try {
          await read(caller, id);
          return undefined;
        } catch (error) {
          if (error instanceof UpstreamFailure && isMissing(error)) return true;
          throw error;
        }
      };
      await run<true>(caller, {
        operation: "delete",
        about: id,
        act: async () => {
          await send(caller, remove(id));
          return true;
        },
        settle: settleRepeatable(gone, () => send(caller, remove(id))),
        ending: () => ({ type: "removed", key }),
      });
    },
  };
};

/** It ended its work with a fault of its own, so nothing is on its way any more; a gateway in between cannot know. */
const saidItFailed = ({ status, code }: UpstreamFailure): boolean =>
  status === 500 || (status === 200 && code !== "reply_unreadable");

const unreadable = (): UpstreamFailure =>
  new UpstreamFailure({ kind: "unknown", code: "reply_unreadable", requestId: null, status: 200 });
