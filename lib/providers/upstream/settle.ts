import type { Settled } from "./changes.ts";
import { UpstreamFailure } from "./failure.ts";

/**
 * What became of a change that may be sent twice without harm: done when a look shows the key as it should be, else it
 * is sent once more.
 */
export const settleRepeatable =
  <T>(look: () => Promise<T | undefined>, again: () => Promise<unknown>) =>
  async (): Promise<Settled<T>> => {
    for (const act of [undefined, again, undefined]) {
      try {
        await act?.();
        const done = await look();
        if (done !== undefined) return { done };
      } catch (error) {
        if (!(error instanceof UpstreamFailure)) throw error;
        if (error.kind === "answered" && act === again) return "not_done";
      }
    }
    return "unknown";
  };

/** It ended its work with a fault of its own, so nothing is on its way any more; a gateway in between cannot know. */
export const saidItFailed = ({ status, code }: UpstreamFailure): boolean =>
  status === 500 || (status === 200 && code !== "reply_unreadable");

/** A look after a change that was carried out: whatever it fails by, the change is not undone. */
export const lookAfter = async <T>(look: Promise<T>): Promise<T> => {
  try {
    return await look;
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    const { code, requestId, status } = error;
    throw new UpstreamFailure({ kind: "unknown", code, requestId, status });
  }
};
