import { type Material, toSealedText } from "../../keys/material.ts";
import type { Outcome } from "../caller.ts";
import type { Capabilities } from "../capabilities.ts";
import type { RevealedKey } from "../embedded.ts";
import { UpstreamFailure } from "./failure.ts";
import type { SeenKey } from "./system.ts";

/** A key of a reply that has its secret in clear. */
export const revealed = ({ key, material }: SeenKey): RevealedKey => {
  if (material !== undefined) return { key, material };
  throw new UpstreamFailure({ kind: "unknown", code: "reply_unreadable", requestId: null, status: 200 });
};

export interface Secrets {
  /** Tells the secrets that a key had from each other. The digest is keyed: it tells nothing of any of them. */
  readonly generationOf: (material: Material) => number;
  /** What a repeated call is answered. A secret that the real system shows once cannot be had again. */
  readonly outcomeOf: (made: RevealedKey) => Outcome;
}

export const openSecrets = (
  provider: string,
  { operations }: Capabilities,
  digest: (text: string) => string,
): Secrets => {
  const generationOf = (material: Material): number => {
    const text = Buffer.from(digest(toSealedText(material).expose())).toString("hex");
    return 1 + Number.parseInt(text.slice(-12), 16);
  };
  return {
    generationOf,
    outcomeOf: ({ key, material }) =>
      operations.reveal === "refused"
        ? { reply: { key, material: null }, secret: null }
        : { reply: { key }, secret: { provider, id: key.id, generation: generationOf(material) } },
  };
};
