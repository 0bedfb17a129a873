import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Checkpoint } from "../schemas/checkpoint.ts";

export interface CheckpointSigner {
  readonly publicKey: string;
  sign(account: string, head: { readonly seq: number; readonly hash: string }, time: string): Checkpoint;
}

const message = (point: Omit<Checkpoint, "signature" | "publicKey">): Buffer =>
  Buffer.from(`keyway.checkpoint.1\n${point.account}\n${point.seq}\n${point.hash}\n${point.time}`);

/** PKCS#8 and SPKI frames of an Ed25519 key (RFC 8410): Node takes raw keys only inside them. */
const pkcs8Frame = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiFrame = Buffer.from("302a300506032b6570032100", "hex");

const publicKeyOf = (raw: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([spkiFrame, Buffer.from(raw, "base64")]),
    format: "der",
    type: "spki",
  });

export const checkpointSigner = (seed: Buffer): CheckpointSigner => {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Frame, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key)
    .export({ format: "der", type: "spki" })
    .subarray(spkiFrame.length)
    .toString("base64");
  return {
    publicKey,
    sign: (account, { seq, hash }, time) => {
      const point = { account, seq, hash, time };
      return { ...point, publicKey, signature: sign(null, message(point), key).toString("base64") };
    },
  };
};

/** True only for a statement that this very key signed. */
export const checkpointHolds = (point: Checkpoint, publicKey: string): boolean => {
  if (point.publicKey !== publicKey) return false;
  try {
    return verify(null, message(point), publicKeyOf(publicKey), Buffer.from(point.signature, "base64"));
  } catch {
    return false;
  }
};
