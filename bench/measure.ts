import { basename } from "node:path";

/** One line of the table. Texts, because each figure has a unit of its own. */
export interface Row {
  readonly name: string;
  readonly ours: string;
  /** Ours, where the data is in a table of DynamoDB, on an engine on this machine, and not in SQLite's file. */
  readonly onTable?: string;
  readonly peer?: string;
  readonly ratio?: string;
  readonly goal?: string;
  readonly met?: boolean;
}

export type Figure = () => Promise<readonly Row[]>;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length - 1 - middle];
  if (upper === undefined || lower === undefined) throw new Error("a median of nothing");
  return (lower + upper) / 2;
};

export const progress = (text: string): void => void process.stderr.write(`${text}\n`);

export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
export const perSecond = (value: number): string => `${whole(value)}/s`;
export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
export const milliseconds = (value: number): string => `${value.toFixed(2)} ms`;
export const microseconds = (value: number): string => `${value.toFixed(1)} us`;
export const megabytes = (value: number): string => `${value.toFixed(1)} MB`;

export interface Contest {
  readonly ours: number;
  readonly peer: number;
  /** Of the rounds' own ratios: the two of a round ran one after the other, so the machine's drift cancels. */
  readonly ratio: number;
}

/** Ours and the peer in turns, and medians over the rounds. The first turn of each is not counted. */
export const contest = async (
  name: string,
  rounds: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Contest> => {
  await ours();
  await peer();
  const results: { readonly ours: number; readonly peer: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const result = { ours: await ours(), peer: await peer() };
    results.push(result);
    progress(`${name} ${round}/${rounds}: ${whole(result.ours)} against ${whole(result.peer)} per second`);
  }
  return {
    ours: median(results.map((one) => one.ours)),
    peer: median(results.map((one) => one.peer)),
    ratio: median(results.map((one) => one.ours / one.peer)),
  };
};

/** How often a synchronous step runs in a second, the clock being read once in `stride` steps. */
export const rateOf = (step: () => void, ms: number, stride: number): number => {
  const start = performance.now();
  let steps = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    for (let turn = 0; turn < stride; turn++) step();
    steps += stride;
    elapsed = performance.now() - start;
  }
  return (steps * 1000) / elapsed;
};

/** Milliseconds of one call, the median of many. */
export const timeOf = async (call: () => Promise<unknown>, times: number): Promise<number> => {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    const start = performance.now();
    await call();
    taken.push(performance.now() - start);
  }
  return median(taken);
};

const titles = ["figure", "ours", "on a table", "peer", "ratio", "goal", ""] as const;

export const table = (rows: readonly Row[]): string => {
  const verdict = ({ met }: Row): string => (met === undefined ? "" : met ? "met" : "MISSED");
  const cells = [
    [...titles],
    ...rows.map((row) => [
      row.name,
      row.ours,
      row.onTable ?? "",
      row.peer ?? "",
      row.ratio ?? "",
      row.goal ?? "",
      verdict(row),
    ]),
  ];
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return cells.map(line).join("\n");
};

export const usage = (names: readonly string[]): string =>
  `usage: node bench/${basename(process.argv[1] ?? "run.ts")} [${names.join(" | ")}]`;
