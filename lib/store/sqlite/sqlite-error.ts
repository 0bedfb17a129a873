/** The primary result code is the low byte of SQLite's extended one. */
const primaryCode = (error: unknown): number =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : 0;

export const isBusy = (error: unknown): boolean => primaryCode(error) === 5;

/** The file is no database. */
export const isForeign = (error: unknown): boolean => primaryCode(error) === 26;

const uniqueCodes: readonly unknown[] = [1555, 2067];

/** A UNIQUE or PRIMARY KEY constraint refused the row. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && uniqueCodes.includes(error.errcode);
