import { setTimeout as sleep } from "node:timers/promises";
import { runLoad } from "./load.ts";
import { contest, type Figure, megabytes, type Row, whole } from "./measure.ts";
import { keepOffServerCore } from "./process.ts";
import { driver, fill, rateRow, residentMegabytes, startOn, verifications } from "./verifying.ts";

const scaleGoal = 0.8;
const scaledMemoryGoal = 200;

const rounds = 5;
const fewKeys = 1000;
const manyKeys = 1_000_000;
/** Of the million, so many are verified, in no order: each is one with a limit under way. */
const activeKeys = 100_000;
const settleMs = 3000;

/** Many keys stored: a thousand of them verified, from all over the table, against a thousand that are all there are. */
export const verificationScale: Figure = async (): Promise<readonly Row[]> => {
  const few = await fill(fewKeys, fewKeys);
  const many = await fill(manyKeys, activeKeys);
  const some = { ...many, tokens: many.tokens.filter((_, at) => at % (activeKeys / fewKeys) === 0) };
  const small = await startOn(few.setting);
  const large = await startOn(many.setting);
  keepOffServerCore();
  const onSmall = driver(small, verifications(few, small.port), '"valid":true');
  const onSome = driver(large, verifications(some, large.port), '"valid":true');
  const onAll = driver(large, verifications(many, large.port), '"valid":true');
  const result = await contest(`${whole(manyKeys)} keys`, rounds, onSome.rate, onSmall.rate);
  const byTurns = await contest(`${whole(activeKeys)} of them by turns`, 2, onAll.rate, onSmall.rate);
  // All limits of one minute are under way at once when every active key was verified in it, a few seconds before its end.
  await untilNextMinute();
  const { replies } = await runLoad({
    port: large.port,
    requests: verifications(many, large.port),
    expected: '"valid":true',
    ms: 55_000,
  });
  await sleep(settleMs);
  const resident = residentMegabytes(large);
  for (const server of [small, large]) await server.stop();
  const { goal: _goal, met: _met, ...turns } = rateRow("", byTurns, 0);
  return [
    rateRow(`verification with ${whole(manyKeys)} keys | with ${whole(fewKeys)}`, result, scaleGoal),
    { ...turns, name: `the same, ${whole(activeKeys)} of them by turns` },
    {
      name: `memory, ${whole(manyKeys)} keys and ${whole(Math.min(replies, activeKeys))} limits under way`,
      ours: megabytes(resident),
      goal: `< ${scaledMemoryGoal} MB`,
      met: resident < scaledMemoryGoal,
    },
  ];
};

const untilNextMinute = (): Promise<void> => sleep(60_000 - (Date.now() % 60_000) + 100);
