export interface Ticker {
  /** Waits for the round under way. */
  close(): Promise<void>;
}

/** One round after the other, with a pause between: a slow one delays the next and is never overtaken by it. */
export const openTicker = (round: () => Promise<void>, pauseMs: number): Ticker => {
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      running = round().finally(() => {
        if (!isClosed) next();
      });
    }, pauseMs).unref();
  };
  next();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await running;
    },
  };
};
