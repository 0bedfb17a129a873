import type { Secret } from "../../keys/secret.ts";
import { UpstreamFailure } from "./failure.ts";
import { send } from "./outbound.ts";

/** Where a real system's keys are used: one call there tells whether it still takes a key. */
export interface DataPlane {
  readonly url: string;
  readonly method: "GET" | "HEAD";
  /** Which header carries the key, and the word before it. */
  readonly header: string;
  readonly scheme: string;
  /** How long this system usually takes until a key that was ended is refused everywhere. */
  readonly usualMs: number;
}

/** What else is answered, or is not, says nothing of the key: a busy system, a wrong path, a broken line. */
export type Probed = "refused" | "accepted" | "unclear";

const timeoutMs = 5000;

export const probe = async (plane: DataPlane, key: Secret): Promise<Probed> => {
  const value = plane.scheme === "" ? key.expose() : `${plane.scheme} ${key.expose()}`;
  try {
    const { status } = await send({
      method: plane.method,
      url: plane.url,
      headers: { [plane.header]: value, accept: "application/json" },
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
