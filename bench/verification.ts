import type { ContenderName, Measured } from "./contender.ts";
import { contest, type Figure, median, microseconds, perSecond, type Row } from "./measure.ts";
import { type Contender, forkContender } from "./process.ts";

const betterAuthGoal = 60;
const p99GoalUs = 100;
/** Processes of each way: V8 compiles the same code differently from start to start. */
const starts = 3;
const rounds = 24;

/** Each way to verify has processes to itself: in a shared one, what one way does slows the others' code. */
const openContender = async (name: ContenderName) => {
  const processes: Contender<Measured>[] = [];
  for (let start = 0; start < starts; start++) processes.push(await forkContender(name));
  let turn = 0;
  return {
    rate: (): Promise<number> => {
      const next = processes[turn++ % starts];
      if (next === undefined) throw new Error(`${name} has no process`);
      return next.ask("rate");
    },
    p99: async (): Promise<number> => {
      const all: number[] = [];
      for (const one of processes) all.push(await one.ask("p99"));
      return median(all);
    },
    close: async (): Promise<void> => void (await Promise.all(processes.map((one) => one.stop()))),
  };
};

/** In one process, without HTTP: nothing else than what a verification is. */
export const verification: Figure = async () => {
  const rows: Row[] = [];
  for (const [mode, peerName, goal] of [
    ["fast", "better-auth", betterAuthGoal],
    ["exact", "better-auth", undefined],
    ["fast", "by hand", 1],
  ] as const) {
    const name = `verification in process, ${mode} | ${peerName}`;
    const [own, peer] = [await openContender(mode), await openContender(peerName)];
    const { ours, peer: theirs, ratio } = await contest(name, rounds, own.rate, peer.rate);
    rows.push({
      name,
      ours: perSecond(ours),
      peer: perSecond(theirs),
      ratio: `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`,
      ...(goal !== undefined && { goal: `>= ${goal}x`, met: ratio >= goal }),
    });
    await Promise.all([own.close(), peer.close()]);
  }
  // In processes that did nothing else yet, as those of the rates.
  const fast = await openContender("fast");
  const p99 = await fast.p99();
  await fast.close();
  rows.push({
    name: "verification in process, fast, p99",
    ours: microseconds(p99),
    goal: `< ${p99GoalUs} us`,
    met: p99 < p99GoalUs,
  });
  return rows;
};
