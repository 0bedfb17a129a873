import type { Material } from "../../keys/material.ts";
import type { Key } from "../../schemas/key.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import type { Caller } from "../caller.ts";
import type { Dialect } from "../dialect.ts";
import type { RenewedKey, RevealedKey } from "../embedded.ts";
import { type Settled, type Steps, saidItFailed } from "./changes.ts";
import { UpstreamFailure } from "./failure.ts";
import { revealed, type Secrets } from "./secrets.ts";
import type { SeenKey, System } from "./system.ts";

interface Parts {
  readonly system: System;
  readonly dialect: Dialect;
  readonly secrets: Secrets;
  /** The receipt of the secret before. */
  readonly replaced: (key: Key) => Receipt;
}

export const rotateNow = async (
  { system, dialect }: Pick<Parts, "system" | "dialect">,
  caller: Caller,
  before: SeenKey,
  material: Material | undefined,
): Promise<RevealedKey> => {
  const { rotate, rotated } = dialect;
  if (rotate === undefined || rotated === undefined) throw new Error("a rotation was not refused");
  const { id } = before.key;
  const renewed = await system.ask(caller, rotate(id, material), false, (reply) =>
    rotated(reply, system.place(caller)),
  );
  if (renewed.key !== undefined) return revealed(system.numbered(renewed));
  // The new secret is in our hands and shown nowhere else: a look that fails must not lose it.
  const seen = await system.read(caller, id).catch((error: unknown) => {
    if (error instanceof UpstreamFailure) return before;
    throw error;
  });
  return { key: seen.key, material: renewed.material };
};

/** `before` is the key as it was read just now. */
export const rotation = (
  parts: Parts,
  caller: Caller,
  before: SeenKey,
  material: Material | undefined,
): Steps<RenewedKey> => {
  const { system, secrets } = parts;
  const { id } = before.key;
  const renewed = (made: RevealedKey): RenewedKey => ({ ...made, receipt: parts.replaced(made.key) });
  const settle = async (failure: UpstreamFailure): Promise<Settled<RenewedKey>> => {
    const seen = await system.read(caller, id);
    if (seen.material !== undefined && before.material !== undefined) {
      // What was there before is gone already, or nothing happened.
      const isNew = secrets.generationOf(seen.material) !== secrets.generationOf(before.material);
      return isNew ? { done: renewed(revealed(seen)) } : "not_done";
    }
    // Its new secret was in the answer alone. To rotate again would end the secret that is in use. A key that looks as
    // before proves little: without a grace nothing need show, and a call that was lost may arrive yet.
    const isSame = seen.key.graceUntil === before.key.graceUntil && seen.key.preview === before.key.preview;
    return isSame && saidItFailed(failure) ? "not_done" : "unknown";
  };
  return {
    operation: "rotate",
    about: id,
    act: async () => renewed(await rotateNow(parts, caller, before, material)),
    settle,
    ending: (done) => {
      const { key, receipt } = done;
      const { reply, secret } = secrets.outcomeOf(done);
      const once = { reply: { ...reply, receipt }, secret };
      return { type: "done", event: "key.rotated", key, once, kept: { receipt, sealed: null } };
    },
  };
};
