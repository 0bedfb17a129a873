import type { LogLine } from "../house.ts";

/** Lines of one turn of the event loop leave in one write: a busy server spends its time elsewhere. */
export const lineLog = (
  write: (text: string) => void,
  clock: () => Date,
): { readonly log: (line: LogLine) => void; readonly flush: () => void } => {
  let waiting = "";
  const flush = (): void => {
    if (waiting === "") return;
    const text = waiting;
    waiting = "";
    write(text);
  };
  return {
    log: (line) => {
      if (waiting === "") setImmediate(flush);
      waiting += `{"time":"${clock().toISOString()}",${JSON.stringify(line).slice(1)}\n`;
    },
    flush,
  };
};
