import { createSecretKey } from "node:crypto";
import { fromSealedText, type Material } from "../../keys/material.ts";
import type { Secret } from "../../keys/secret.ts";
import { signGateway } from "../../signing/gateway-hmac.ts";
import { UpstreamFailure } from "./failure.ts";
import { send } from "./outbound.ts";

/** Where a real system's keys are used: one call there tells whether it still takes a key. */
export interface DataPlane {
  readonly url: string;
  readonly method: "GET" | "HEAD";
  /** Which header carries a key that is a token, and the word before it. */
  readonly header: string;
  readonly scheme: string;
  /** How long this system usually takes until a key that was ended is refused everywhere. */
  readonly usualMs: number;
}

/** What else is answered, or is not, says nothing of the key: a busy system, a wrong path, a broken line. */
export type Probed = "refused" | "accepted" | "unclear";

const timeoutMs = 5000;

/** What a call is made with: a token is sent, a pair signs. */
export type Tried = Extract<Material, { readonly kind: "token" | "pair" }>;

/** Of a material that is no proof, nothing. */
export const triedOf = (material: Material | undefined): Tried | undefined =>
  material?.kind === "token" || material?.kind === "pair" ? material : undefined;

/** As it was sealed with a receipt. */
export const triedIn = (sealed: Secret): Tried | undefined => triedOf(fromSealedText(sealed));

const proofOf = ({ header, scheme }: DataPlane, key: Tried, now: Date): Readonly<Record<string, string>> => {
  if (key.kind === "token") {
    return { [header]: scheme === "" ? key.value.expose() : `${scheme} ${key.value.expose()}` };
  }
  const signed = { "x-date": now.toUTCString() };
  const secret = createSecretKey(Buffer.from(key.secret.expose(), "utf8"));
  return { ...signed, authorization: signGateway(signed, { id: key.id, key: secret }) };
};

export const probe = async (plane: DataPlane, key: Tried, now: Date): Promise<Probed> => {
  try {
    const { status } = await send({
      method: plane.method,
      url: plane.url,
      headers: { ...proofOf(plane, key, now), accept: "application/json" },
      body: undefined,
      signal: AbortSignal.timeout(timeoutMs),
      isAlone: true,
    });
    if (status === 401 || status === 403) return "refused";
    return status >= 200 && status < 300 ? "accepted" : "unclear";
  } catch (error) {
    if (error instanceof UpstreamFailure) return "unclear";
    throw error;
  }
};
