import { type RandomBytes, randomHex } from "../keys/random.ts";

/** Where a call belongs among those of other systems (W3C Trace Context). */
export interface Trace {
  readonly traceId: string;
  /** What our own calls of other systems carry on. */
  readonly traceparent: string;
}

const form = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
const zeroTrace = "0".repeat(32);
const zeroParent = "0".repeat(16);

/**
 * The caller's trace, or a new one where its header is not valid. It only ever correlates: nothing is permitted, and no
 * more is logged, because of it.
 */
export const traceOf = (header: string | undefined, random: RandomBytes): Trace => {
  const [, traceId, parent, flags] = form.exec(header ?? "") ?? [];
  const isValid = traceId !== undefined && traceId !== zeroTrace && parent !== zeroParent;
  const own = randomHex(random, 16);
  const id = isValid ? traceId : randomHex(random, 32);
  return { traceId: id, traceparent: `00-${id}-${own}-${isValid ? flags : "00"}` };
};
