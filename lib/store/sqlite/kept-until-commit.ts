import type { DataVersion, Snapshots } from "./snapshot.ts";

const keptMax = 1000;

/** Rows are read anew as soon as anything was committed. What is not there is not kept: anybody can ask for it. */
export const keptUntilCommit = <Row>(
  { version, hold }: Snapshots,
  read: (id: string) => Row | undefined,
): ((id: string) => Row | undefined) => {
  const kept = new Map<string, Row>();
  let keptIn: DataVersion = 0;
  return (id) => {
    const now = version();
    if (now !== keptIn) {
      kept.clear();
      keptIn = now;
    }
    const known = kept.get(id);
    if (known !== undefined) return known;
    hold();
    // Of a later version perhaps; kept under the earlier one, it is read once more than it had to be.
    const row = read(id);
    if (row === undefined) return undefined;
    if (kept.size >= keptMax) kept.clear();
    kept.set(id, row);
    return row;
  };
};
