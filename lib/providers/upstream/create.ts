import type { Asked } from "../../keys/asked.ts";
import type { Material } from "../../keys/material.ts";
import type { Store } from "../../store/port.ts";
import type { Caller } from "../caller.ts";
import type { Capabilities } from "../capabilities.ts";
import type { Dialect } from "../dialect.ts";
import type { RevealedKey } from "../embedded.ts";
import { isOver, type Steps } from "./changes.ts";
import { findCreated } from "./lookup.ts";
import { rotateNow } from "./rotate.ts";
import { revealed, type Secrets } from "./secrets.ts";
import { lookAfter, saidItFailed } from "./settle.ts";
import type { SeenKey, System } from "./system.ts";

interface Parts {
  readonly provider: string;
  readonly store: Store;
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
  const { system, dialect, capabilities, secrets, sleep } = parts;
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
      const lookup = await findCreated(parts, caller, intent, asked, sleep);
      if (typeof lookup === "object") return { done: await found(lookup.seen) };
      return lookup === "none" && (saidItFailed(failure) || isOver(failure)) ? "not_done" : "unknown";
    },
    ending: (done) => ({ type: "done", event: "key.created", key: done.key, once: secrets.outcomeOf(done) }),
  };
};
