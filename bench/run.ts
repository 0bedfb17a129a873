import { cpus } from "node:os";
import { coldStart } from "./cold-start.ts";
import { creation } from "./creation.ts";
import { deliveries } from "./deliveries.ts";
import { dynamodb } from "./dynamodb.ts";
import { leaks } from "./leaks.ts";
import { listing } from "./listing.ts";
import { type Figure, progress, type Row, table, usage } from "./measure.ts";
import { memory } from "./memory.ts";
import { cleanUp } from "./process.ts";
import { requests } from "./requests.ts";
import { revocation } from "./revocation.ts";
import { signing } from "./signing.ts";
import { sweeping } from "./sweep.ts";
import { upstream } from "./upstream.ts";
import { verification } from "./verification.ts";
import { verificationLoad } from "./verification-load.ts";
import { verificationScale } from "./verification-scale.ts";

const figures: ReadonlyMap<string, Figure> = new Map([
  ["signing", signing],
  ["requests", requests],
  ["creation", creation],
  ["memory", memory],
  ["listing", listing],
  ["sweep", sweeping],
  ["upstream", upstream],
  ["verification", verification],
  ["verification-load", verificationLoad],
  ["verification-scale", verificationScale],
  ["revocation", revocation],
  ["leaks", leaks],
  ["dynamodb", dynamodb],
  ["deliveries", deliveries],
  ["cold-start", coldStart],
]);

const main = async (): Promise<void> => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !figures.has(name));
  if (unknown.length > 0) {
    progress(usage([...figures.keys()]));
    process.exitCode = 2;
    return;
  }
  const cores = cpus();
  process.stdout.write(
    `${cores[0]?.model ?? process.arch}, ${cores.length} cores, Node ${process.versions.node}\n\n`,
  );
  const rows: Row[] = [];
  for (const [name, figure] of figures) {
    if (wanted.length === 0 || wanted.includes(name)) rows.push(...(await figure()));
  }
  process.stdout.write(`${table(rows)}\n`);
  if (rows.some((row) => row.met === false)) process.exitCode = 1;
};

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void cleanUp().finally(() => process.exit(1)));
}
try {
  await main();
} finally {
  await cleanUp();
}
