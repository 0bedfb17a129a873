import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRuntimeInstalled, type LambdaOptions, startLambda } from "../test/support/lambda.ts";
import { makePackages, packagedFunctions, unpack } from "../test/support/packages.ts";
import { type Figure, median, milliseconds, progress } from "./measure.ts";
import { temporaryFolder } from "./process.ts";

const rounds = 15;

/** Of initialisation against that of an empty handler; of those without one the figure is for comparison. */
const goals: ReadonlyMap<string, number | undefined> = new Map([
  ["functions/verify/http", 2],
  ["functions/verify/authorizer", 2],
  ["functions/http", undefined],
  ["functions/tokenhub/create-api-key", undefined],
]);

/** From the start of a function's process to its first call for an event, from its packaged zip in AWS's own runtime. */
export const coldStart: Figure = async () => {
  if (!isRuntimeInstalled) {
    progress("cold-start is left out without AWS's runtime: `node scripts/lambda-runtime.mjs` installs it");
    return [];
  }
  const folder = temporaryFolder();
  const functions = packagedFunctions(makePackages(join(folder, "packages")))
    .filter(({ file }) => goals.has(file))
    .map((one) => ({ file: one.file, unpacked: unpack(one, folder), starts: [] as number[] }));
  const empty = emptyFunction(folder);
  const emptyStarts: number[] = [];

  // In turns, so that the machine's drift is everybody's. The first turn only warms up the disk.
  for (let round = 0; round <= rounds; round++) {
    const ms = { empty: await startOf(empty), own: [] as number[] };
    for (const { unpacked } of functions) ms.own.push(await startOf(unpacked));
    if (round === 0) continue;
    emptyStarts.push(ms.empty);
    for (const [at, { starts }] of functions.entries()) starts.push(ms.own[at] ?? Number.NaN);
    progress(
      `cold-start ${round}/${rounds}: ${[ms.empty, ...ms.own].map((one) => one.toFixed(0)).join(", ")} ms`,
    );
  }

  return functions.map(({ file, starts }) => {
    const ratio = median(starts.map((ms, round) => ms / (emptyStarts[round] ?? Number.NaN)));
    const goal = goals.get(file);
    return {
      name: `initialisation of ${file}, against an empty handler`,
      ours: milliseconds(median(starts)),
      peer: milliseconds(median(emptyStarts)),
      ratio: ratio.toFixed(2),
      ...(goal !== undefined && { goal: `<= ${goal}`, met: ratio <= goal }),
    };
  });
};

const startOf = async (unpacked: LambdaOptions): Promise<number> => {
  const lambda = await startLambda(unpacked);
  const ms = await lambda.start();
  await lambda.stop();
  return ms;
};

const emptyFunction = (folder: string): LambdaOptions => {
  const own = join(folder, "empty");
  mkdirSync(own);
  writeFileSync(join(own, "empty.mjs"), "export const handler = async () => ({});\n");
  return { folder: own, handler: "empty.handler" };
};
