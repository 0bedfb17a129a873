import type { LogLine } from "../house.ts";

/** Lines of one turn of the event loop leave in one write: a busy server spends its time elsewhere. */
export const lineLog = (
  write: (text: string) => void,
  clock: () => Date,
): { readonly log: (line: LogLine) => void; readonly flush: () => void } => {
  let waiting = "";
  // Writing a time takes as long as the rest of a line, and many lines are of one millisecond.
  let last = { ms: 0, text: new Date(0).toISOString() };
  const now = (): string => {
    const time = clock();
    const ms = time.getTime();
    if (ms !== last.ms) last = { ms, text: time.toISOString() };
    return last.text;
  };
  const flush = (): void => {
    if (waiting === "") return;
    const text = waiting;
    waiting = "";
    write(text);
  };
  return {
    log: (line) => {
      if (waiting === "") setImmediate(flush);
      waiting += `{"time":"${now()}",${JSON.stringify(line).slice(1)}\n`;
    },
    flush,
  };
};
