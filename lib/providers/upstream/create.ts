import { type Asked, nothingAsked } from "../../keys/asked.ts";
import type { Material } from "../../keys/material.ts";
import type { Store } from "../../store/port/store.ts";
import type { Caller } from "../caller.ts";
import { type Capabilities, changedFields } from "../capabilities.ts";
import type { Dialect } from "../dialect.ts";
import type { RevealedKey } from "../embedded.ts";
import type { WireKey } from "../from-wire.ts";
import { hasStalled, lookAfter, type Steps, saidItFailed } from "./changes.ts";
import { UpstreamFailure } from "./failure.ts";
import type { Intent } from "./intents.ts";
import { isKnown } from "./known.ts";
import { rotateNow } from "./rotate.ts";
import { revealed, type Secrets } from "./secrets.ts";
import type { SeenKey, System } from "./system.ts";

interface Parts {
  readonly provider: string;
  readonly store: Pick<Store, "readDocument">;
  readonly system: System;
  readonly dialect: Dialect;
  readonly capabilities: Capabilities;
  readonly secrets: Secrets;
  readonly sleep: (ms: number) => Promise<void>;
}

export const creation = (
  parts: Parts,
  caller: Caller,
  asked: Asked,
  material: Material | undefined,
): Steps<RevealedKey> => {
  const { system, dialect, capabilities, secrets } = parts;
  const { create, created } = dialect;
  if (create === undefined || created === undefined) throw new Error("a creation was not refused");
  const call = create(asked, material);

  const found = async (seen: SeenKey): Promise<RevealedKey> => {
    if (seen.material !== undefined) return revealed(seen);
    if (capabilities.operations.reveal !== "refused") return revealed(await system.read(caller, seen.key.id));
    // Its secret was in the answer that was lost. Nobody has it, so that another one harms nobody.
    return rotateNow(parts, caller, seen, undefined);
  };

  return {
    operation: "create",
    about: asked.name,
    act: async () => {
      const made = await system.ask(caller, call, false, (reply) => created(reply, system.place(caller)));
      return made.key?.material === undefined
        ? revealed(await lookAfter(system.read(caller, made.id)))
        : revealed(system.numbered(made.key));
    },
    settle: async (failure, intent) => {
      const lookup = await findCreated(parts, caller, intent, asked);
      if (typeof lookup === "object") return { done: await found(lookup.seen) };
      return lookup === "none" && (saidItFailed(failure) || hasStalled(failure)) ? "not_done" : "unknown";
    },
    ending: (done) => ({ type: "done", event: "key.created", key: done.key, once: secrets.outcomeOf(done) }),
  };
};

/** Its clock and ours may differ by this; keys that we know to be older are told apart by their ids. */
const slackMs = 60_000;
/** A call that was cut off may be carried out a little later. */
const pausesMs = [0, 250, 1000];

/** `unseen`: the last look failed, so nothing is known. */
type Found = { readonly seen: SeenKey } | "none" | "ambiguous" | "unseen";

/**
 * The key that a creation made whose answer was lost: new to us, made since the intent was written, and just as it was
 * asked for. One such key is ours; of several, nobody can say which.
 */
export const findCreated = async (
  { provider, store, system, sleep }: Pick<Parts, "provider" | "store" | "system" | "sleep">,
  caller: Caller,
  intent: Intent,
  asked: Asked,
): Promise<Found> => {
  const since = Date.parse(intent.startedAt) - slackMs;
  const account = caller.account.id;
  let looked = false;
  for (const pause of pausesMs) {
    await sleep(pause);
    const found: WireKey[] = [];
    try {
      for await (const { keys } of system.pages(caller)) {
        for (const seen of keys) {
          const { key } = seen;
          if (Date.parse(key.createdAt) < since || !isAsAsked(asked, key)) continue;
          if (!(await isKnown(store, account, provider, key.id))) found.push(seen);
        }
      }
    } catch (error) {
      // A system that lost an answer may be down for a moment, too.
      if (!(error instanceof UpstreamFailure)) throw error;
      looked = false;
      continue;
    }
    looked = true;
    const [only, ...more] = found;
    if (more.length > 0) return "ambiguous";
    if (only !== undefined) return { seen: system.numbered(only) };
  }
  return looked ? "none" : "unseen";
};

/** `native` holds what the real system adds by itself, and a list may tell less of it than a detail. */
const isAsAsked = (asked: Asked, key: Asked): boolean =>
  changedFields({ ...asked, native: nothingAsked.native }, { ...key, native: nothingAsked.native }).every(
    (name) => name === "limits.tokenQuotas",
  );
