const hourMs = 3_600_000;
/** Rows for secrets that nobody has, of one process in an hour: strangers can make up as many as they like. */
const keptInHour = { open: 1000, signed: 20_000 } as const;

/**
 * Whether a report that met no key may still be kept. One that may not is answered like any other and leaves nothing; one
 * that meets a key is never asked.
 */
export const unmatchedAllowance = (): ((signed: boolean, now: Date) => boolean) => {
  const kept = { open: 0, signed: 0 };
  let hour = 0;
  return (signed, now) => {
    const current = Math.floor(now.getTime() / hourMs);
    if (current !== hour) {
      hour = current;
      kept.open = 0;
      kept.signed = 0;
    }
    const kind = signed ? "signed" : "open";
    if (kept[kind] >= keptInHour[kind]) return false;
    kept[kind] += 1;
    return true;
  };
};
