import { Refusal } from "../../../errors.ts";
import type { Key } from "../../../schemas/key.ts";
import type { Store } from "../../../store/port/store.ts";
import type { Caller, Once } from "../../caller.ts";
import { changedFields } from "../../capabilities.ts";
import type { Dialect } from "../../dialect.ts";
import { type Rotation, readRotation } from "../../rotation.ts";
import { change, type Steps } from "../changes.ts";
import { creation } from "../create.ts";
import { isMissing, UpstreamFailure } from "../failure.ts";
import { type KillingParts, prepareStop } from "../killing.ts";
import type { OnceLedger, Part } from "../once.ts";
import { removing } from "../remove.ts";
import type { Secrets } from "../secrets.ts";
import { disabling } from "../status.ts";
import type { SeenKey, System } from "../system.ts";
import { bindingsOf, rebind } from "./bindings.ts";
import { readGenerations } from "./generations.ts";

/** The real system's clock and ours. */
const clocksApartMs = 300_000;

interface CallParts {
  readonly provider: string;
  readonly store: Store;
  readonly clock: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  readonly system: System;
  readonly dialect: Dialect;
  readonly ledger: OnceLedger;
  readonly killing: KillingParts;
  readonly secrets: Secrets;
  readonly capabilities: Parameters<typeof creation>[0]["capabilities"];
}

/** What a rotation asks of the real system. Each may be asked again after a crash: it looks first at what is there. */
export interface RotationCalls {
  /** The successor's id. `part` is what the commit shall hold that ends the creation. */
  create(caller: Caller, rotation: Rotation, part: (id: string) => Promise<Part>): Promise<string>;
  /** Binds the successor to what the old key is bound to. */
  bind(caller: Caller, rotation: Rotation, to: string): Promise<void>;
  /** The successor as it is; undefined where it is not what the old key is. */
  test(caller: Caller, rotation: Rotation, to: string): Promise<SeenKey | undefined>;
  unbind(caller: Caller, id: string): Promise<void>;
  /** False where there was nothing to do, so that `part` is not written yet. */
  disable(caller: Caller, rotation: Rotation, id: string, part: Part): Promise<boolean>;
  remove(caller: Caller, rotation: Rotation, id: string, part: Part): Promise<boolean>;
}

export const openCalls = (parts: CallParts): RotationCalls => {
  const { provider, store, clock, system, dialect, ledger, killing } = parts;

  const read = async (caller: Caller, id: string): Promise<SeenKey | undefined> => {
    try {
      return await system.read(caller, id);
    } catch (error) {
      if (error instanceof UpstreamFailure && isMissing(error)) return undefined;
      throw error;
    }
  };

  /** Under an intent of its own, which a later try of the same step finds. */
  const carryOut = async <T>(caller: Caller, rotation: Rotation, steps: Steps<T>): Promise<T> => {
    const once: Once = {
      id: `${rotation.id} ${rotation.step} ${rotation.undone ?? ""}`,
      fingerprint: rotation.id,
      // Whoever has moved it on has done this step.
      isKept: async () =>
        (await readRotation(store, rotation.account, rotation.id))?.version !== rotation.version,
      outcome: () => [],
    };
    return change({ ...caller, once }, provider, ledger, clock, steps);
  };

  /**
   * What ends a rotation deletes one of its two keys: a system that answers a creation with a key that was there already
   * must not have it taken for the successor.
   */
  const refuseStanding = async ({ account, from, startedAt }: Rotation, { id, createdAt }: Key) => {
    const all = await readGenerations(store, account, provider);
    const isOlder = Date.parse(createdAt) < Date.parse(startedAt) - clocksApartMs;
    if (id !== from && !isOlder && all.of(id) === undefined && !all.isHidden(id)) return;
    throw new Refusal(
      "already_exists",
      `The provider \`${provider}\` answered the making of a successor with a key that was there already.`,
    );
  };

  return {
    create: async (caller, rotation, part) => {
      const asked = { ...rotation.asked, native: rotation.asked.native };
      const steps = creation(parts, caller, asked, undefined);
      let ready: Part | undefined;
      const made = await carryOut(caller, rotation, {
        ...steps,
        act: async () => prepared(await steps.act()),
        settle: async (failure, intent) => {
          const settled = await steps.settle(failure, intent);
          return typeof settled === "object" ? { done: await prepared(settled.done) } : settled;
        },
        ending: (done) => ({ ...steps.ending(done), ...(ready && { part: ready }) }),
      });
      return made.key.id;

      async function prepared<Made extends { readonly key: Key }>(done: Made): Promise<Made> {
        await refuseStanding(rotation, done.key);
        ready = await part(done.key.id);
        return done;
      }
    },

    bind: async (caller, { from }, to) => {
      if (dialect.bindings === undefined) return;
      await rebind(system, dialect.bindings, caller, from, to);
    },

    test: async (caller, { from }, to) => {
      const [old, successor] = await Promise.all([system.read(caller, from), system.read(caller, to)]);
      let ready = successor;
      if (old.key.status !== successor.key.status && dialect.setStatus !== undefined) {
        await system.ask(caller, dialect.setStatus(to, old.key.status), false, () => undefined);
        ready = await system.read(caller, to);
      }
      const differs = changedFields({ ...old.key, native: {} }, { ...ready.key, native: {} });
      if (differs.length > 0) return undefined;
      if (dialect.bindings === undefined) return ready;
      const bound = await bindingsOf(system, dialect.bindings, caller);
      const isBound = bound.every(({ keys }) => !keys.includes(from) || keys.includes(to));
      return isBound ? ready : undefined;
    },

    unbind: async (caller, id) => {
      const { bindings } = dialect;
      if (bindings === undefined) return;
      for (const { id: to, keys } of await bindingsOf(system, bindings, caller)) {
        if (!keys.includes(id)) continue;
        await system.ask(caller, bindings.unbind(to, id), false, () => undefined);
      }
    },

    disable: async (caller, rotation, id, part) => {
      const before = await read(caller, id);
      if (before === undefined || before.key.status === "disabled") return false;
      const cause = rotation.undone === null ? "grace_ended" : "rotated";
      const stop = await prepareStop(killing, caller, { key: rotation.key, cause }, async () => before);
      const steps = disabling(parts, caller, id, stop);
      const once = { reply: {}, secret: null };
      await carryOut(caller, rotation, {
        ...steps,
        ending: (done) => ({ ...steps.ending(done), once, part }),
      });
      return true;
    },

    remove: async (caller, rotation, id, part) => {
      const before = await read(caller, id);
      if (before === undefined) return false;
      const { name, status, version } = before.key;
      // Somebody has put it on again at the real system, where it may not be deleted like that.
      if (status === "enabled" && dialect.setStatus !== undefined) {
        await system.ask(caller, dialect.setStatus(id, "disabled"), false, () => undefined);
      }
      const key = { id, name, status, version, isGone: false };
      // It was disabled before, and has its receipt.
      const more = () => ({ once: { reply: {}, secret: null }, part });
      await carryOut(
        caller,
        rotation,
        removing(parts, caller, key, () => true, more),
      );
      return true;
    },
  };
};
