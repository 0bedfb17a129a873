/** SQLite takes a negative LIMIT for none at all, so a wrong one must not reach it. */
export const checkedCount = (name: string, count: number, min: number): number => {
  if (!Number.isSafeInteger(count) || count < min) throw new RangeError(name);
  return count;
};
