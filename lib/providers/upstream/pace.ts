import { rateLimiter } from "../../keys/rate.ts";

/** Documented for every action of the Tencent services. */
const callsPerSecond = 20;
const lookMs = 20;
/** A caller that waited this long is sent on: being refused by the real system tells it more than silence. */
const waitMaxMs = 5000;

/** Keeps calls of one action within the real system's limit, so that a long reading is not refused half way. */
export const pacer = (clock: () => Date, sleep: (ms: number) => Promise<void>) => {
  const limiter = rateLimiter(callsPerSecond);
  return async (action: string): Promise<void> => {
    const began = clock().getTime();
    for (let now = began; limiter.exceeded(action, now) !== undefined; now = clock().getTime()) {
      if (now - began > waitMaxMs) return;
      await sleep(lookMs);
    }
  };
};
