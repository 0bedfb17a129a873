const chinaOffsetMs = 8 * 3_600_000;

/** Wall-clock time in China, in which TokenHub dates its ids and keys: `2026-07-01 09:30:00`. */
export const chinaTime = (at: Date): string =>
  new Date(at.getTime() + chinaOffsetMs).toISOString().slice(0, 19).replace("T", " ");
