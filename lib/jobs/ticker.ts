import { setTimeout as sleep } from "node:timers/promises";

export interface Ticker {
  /** Waits for the round under way, though not for ever: what it leaves, the next start goes on with. */
  close(): Promise<void>;
}

const closeMs = 5000;

/**
 * One round after the other, with a pause between: a slow one delays the next and is never overtaken by it. One that
 * throws ends neither the others nor the process.
 */
export const openTicker = (
  round: () => Promise<void>,
  pauseMs: number,
  onError: (error: unknown) => void,
): Ticker => {
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      running = round()
        .catch(onError)
        .finally(() => {
          if (!isClosed) next();
        });
    }, pauseMs).unref();
  };
  next();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await Promise.race([running, sleep(closeMs, undefined, { ref: false })]);
    },
  };
};
