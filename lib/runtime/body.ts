import type { IncomingMessage } from "node:http";

/** A longer body is read on without being kept, so that its sender gets the refusal instead of a reset. */
const drainedBytesMax = 64 * 1024 * 1024;
/** Of all bodies that are coming in at one moment: unknown callers can open connections, and must not fill the memory. */
const bufferedBytesMax = 192 * 1024 * 1024;

const empty = Buffer.alloc(0);
let buffered = 0;

/** `too-large`: beyond its limit. `busy`: the bodies under way take all that there is for them. */
export type Body = Buffer | "too-large" | "busy";

export const readBody = (message: IncomingMessage, bytesMax: number): Promise<Body> => {
  if (message.headers["content-length"] === undefined && message.headers["transfer-encoding"] === undefined) {
    message.resume();
    return Promise.resolve(empty);
  }
  return new Promise((resolve, reject) => {
    // One growing buffer: a list of chunks of a byte each would take sixty times the bytes.
    let kept = empty;
    let length = 0;
    let outcome: "too-large" | "busy" | undefined;
    /** Nearly every body comes in one piece, which needs no copy. */
    let whole: Buffer | undefined;
    const declared = Number(message.headers["content-length"]);
    const drop = (why: "too-large" | "busy"): void => {
      outcome = why;
      buffered -= kept.length;
      kept = empty;
    };
    message.on("data", (chunk: Buffer) => {
      const start = length;
      length += chunk.length;
      if (start === 0 && length === declared && length <= bytesMax) {
        whole = chunk;
        return;
      }
      if (length > drainedBytesMax) message.destroy(new Error("body far beyond its limit"));
      if (outcome !== undefined) return;
      if (length > bytesMax) return drop("too-large");
      if (length > kept.length) {
        const size = Math.min(bytesMax, Math.max(length, 2 * kept.length));
        if (buffered + size > bufferedBytesMax) return drop("busy");
        const grown = Buffer.allocUnsafe(size);
        kept.copy(grown, 0, 0, start);
        buffered += size - kept.length;
        kept = grown;
      }
      chunk.copy(kept, start);
    });
    message.on("end", () => resolve(outcome ?? whole ?? kept.subarray(0, length)));
    message.on("error", reject);
    message.on("close", () => {
      buffered -= kept.length;
    });
  });
};
