import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createKeys, newSetting, type OpenedHouse, openOn, region, type Setting } from "./house.ts";
import { type Figure, median, perSecond, progress, whole } from "./measure.ts";
import { keepOffServerCore, keywayArgs, pinning, type RunningProcess, startProcess } from "./process.ts";

const goal = 1000;
const rounds = 3;
const keys = 500;
/** Of each key, its creation among them. */
const changes = 20;
const events = keys * changes;

interface Report {
  readonly received: number;
  readonly different: number;
  readonly violations: number;
  readonly ms: number;
}

/** Events that wait in the log, sent by a server on one core to an endpoint in another process. */
export const deliveries: Figure = async () => {
  keepOffServerCore();
  const reports: Report[] = [];
  for (let round = 1; round <= rounds; round++) {
    const report = await deliver();
    reports.push(report);
    progress(`deliveries ${round}/${rounds}: ${whole(rateOf(report))} per second`);
  }
  const rate = median(reports.map(rateOf));
  const lost = reports.reduce((sum, { different }) => sum + events - different, 0);
  const violations = reports.reduce((sum, one) => sum + one.violations, 0);
  return [
    {
      name: `deliveries of ${whole(events)} queued events, ${pinning}`,
      ours: perSecond(rate),
      goal: `>= ${perSecond(goal)}`,
      met: rate >= goal,
    },
    { name: "deliveries, lost", ours: whole(lost), goal: "0", met: lost === 0 },
    { name: "deliveries, out of order", ours: whole(violations), goal: "0", met: violations === 0 },
  ];
};

const rateOf = ({ received, ms }: Report): number => ((received - 1) * 1000) / ms;

const deliver = async (): Promise<Report> => {
  const setting = newSetting();
  openLoopback(setting);
  const receiver = await startProcess(["bench/receiver.ts"], {}, { pinned: false });
  await createEndpoint(setting, receiver);
  await queue(await openOn(setting));
  const server = await startProcess(keywayArgs, setting.env, { pinned: true });
  let report = await read(receiver);
  for (let before = -1; report.different < events && report.received !== before; ) {
    before = report.received;
    await sleep(1500);
    report = await read(receiver);
  }
  await server.stop();
  await receiver.stop();
  return report;
};

const openLoopback = ({ env }: Setting): void => {
  const file = env.KEYWAY_CONFIG ?? "";
  const config: object = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...config, webhooks: { networks: ["127.0.0.0/8"] } }));
};

const createEndpoint = async ({ env, root }: Setting, receiver: RunningProcess): Promise<void> => {
  const server = await startProcess(keywayArgs, env, { pinned: false });
  const reply = await fetch(`http://127.0.0.1:${server.port}/v1/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${root.token}`, "content-type": "application/json" },
    // What hygiene finds of these keys meanwhile is not what is measured.
    body: JSON.stringify({
      url: `http://127.0.0.1:${receiver.port}/`,
      types: ["key.created", "key.updated"],
    }),
  });
  if (reply.status !== 201) throw new Error(`the endpoint was answered ${reply.status}`);
  await server.stop();
};

/** While nobody sends: the house without its server. */
const queue = async (opened: OpenedHouse): Promise<void> => {
  const { provider, caller, house } = opened;
  const made = await createKeys(opened, keys, 64);
  for (let change = 1; change < changes; change++) {
    const description = `changed ${change} times`;
    await Promise.all(
      made.map(({ id }) =>
        provider.change(caller, region, id, "key.updated", (key) => ({ ...key, description })),
      ),
    );
  }
  await house.close();
};

const read = async ({ port }: RunningProcess): Promise<Report> =>
  (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Report;
