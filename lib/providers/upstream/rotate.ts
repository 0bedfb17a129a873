import type { Material } from "../../keys/material.ts";
import type { Caller } from "../caller.ts";
import type { Dialect } from "../dialect.ts";
import type { RevealedKey } from "../embedded.ts";
import { isOfEarlierTry, type Settled, type Steps } from "./changes.ts";
import type { UpstreamFailure } from "./failure.ts";
import { revealed, type Secrets } from "./secrets.ts";
import type { SeenKey, System } from "./system.ts";

interface Parts {
  readonly system: System;
  readonly dialect: Dialect;
  readonly secrets: Secrets;
}

export const rotateNow = async (
  { system, dialect }: Pick<Parts, "system" | "dialect">,
  caller: Caller,
  id: string,
  material: Material | undefined,
): Promise<RevealedKey> => {
  const { rotate, rotated } = dialect;
  if (rotate === undefined || rotated === undefined) throw new Error("a rotation was not refused");
  const seen = await system.ask(caller, rotate(id, material), false, (reply) =>
    rotated(reply, system.place(caller)),
  );
  return revealed(system.numbered(seen));
};

/** `before` is the key as it was read just now. */
export const rotation = (
  parts: Parts,
  caller: Caller,
  before: SeenKey,
  material: Material | undefined,
): Steps<RevealedKey> => {
  const { system, secrets, dialect } = parts;
  const { id } = before.key;
  // What the service refuses of the material is refused before there is an intent.
  dialect.rotate?.(id, material);
  const settle = async (failure: UpstreamFailure): Promise<Settled<RevealedKey>> => {
    const seen = await system.read(caller, id);
    if (seen.material !== undefined && before.material !== undefined) {
      // What was there before is gone already, or nothing happened.
      const isNew = secrets.generationOf(seen.material) !== secrets.generationOf(before.material);
      return isNew ? { done: revealed(seen) } : "not_done";
    }
    // Its new secret was in the answer alone. To rotate again would end the secret that is in use.
    // What was there before an earlier try, nobody knows any more.
    const isSame = seen.key.graceUntil === before.key.graceUntil;
    return isSame && !isOfEarlierTry(failure) ? "not_done" : "unknown";
  };
  return {
    operation: "rotate",
    about: id,
    act: () => rotateNow(parts, caller, id, material),
    settle,
    ending: (done) => ({ type: "done", event: "key.rotated", key: done.key, once: secrets.outcomeOf(done) }),
  };
};
