import { sweep } from "../lib/jobs/sweep.ts";
import { policyWrite } from "../lib/policies/documents.ts";
import { auditDraft } from "../lib/providers/caller.ts";
import { keyScheduleJob } from "../lib/schedules/run.ts";
import { nothingKnown, scheduleWrite } from "../lib/schedules/schedule.ts";
import { createKeys, newSetting, type OpenedHouse, openOn, seeds } from "./house.ts";
import { type Figure, median, milliseconds, progress, type Row, timeOf, whole } from "./measure.ts";

const schedules = 1_000_000;
const dueAtOnce = 100;
const rounds = 9;
const idleRounds = 51;
/** What a round may take more of than where nothing is due later. */
const costMax = 2;

const dayMs = 86_400_000;
/** The jobs' clock is ahead, so that new keys are old enough at once. */
const clock = (): Date => new Date(Date.now() + 2 * dayMs);

/** A round over a million schedules, of which a few are due, against one over these few alone. */
export const sweeping: Figure = async () => {
  const few = await openOn(newSetting(), seeds.aione);
  const many = await openOn(newSetting(), seeds.aione);
  await fill(many);
  const [idle, busy] = [await idleOf(few, many), await busyOf(few, many)];
  await few.house.close();
  await many.house.close();
  return [
    rowOf(`round over ${whole(schedules)} schedules, none due | over none`, idle),
    rowOf(`the same, ${dueAtOnce} due, whose keys are disabled | over these alone`, busy),
  ];
};

interface Pair {
  readonly few: number;
  readonly many: number;
}

const rowOf = (name: string, { few, many }: Pair): Row => ({
  name,
  ours: milliseconds(many),
  peer: milliseconds(few),
  ratio: (many / few).toFixed(2),
  goal: `< ${costMax}`,
  met: many / few < costMax,
});

const fill = async ({ house, caller }: OpenedHouse): Promise<void> => {
  const { id: account } = caller.account;
  const later = Date.now() + 100 * dayMs;
  const atOnce = 1000;
  for (let from = 0; from < schedules; from += atOnce) {
    const writes = Array.from({ length: atOnce }, (_, n) => {
      const place = { account, provider: "aione", id: `later-${from + n}` };
      return scheduleWrite(place, undefined, nothingKnown, new Date(later + (from + n) * 1000).toISOString());
    });
    await house.store.progress(writes);
    if ((from + atOnce) % 100_000 === 0) progress(`filling the store: ${whole(from + atOnce)} schedules`);
  }
};

const round = async ({ house }: OpenedHouse): Promise<void> => {
  const job = keyScheduleJob({ ...house, clock, addUpUses: () => house.store.sumUpUsage() });
  const parts = { store: house.store, clock, health: house.jobHealth };
  await sweep(parts, [job], new Date(clock().getTime() + 60_000));
};

const idleOf = async (few: OpenedHouse, many: OpenedHouse): Promise<Pair> => ({
  few: await timeOf(() => round(few), idleRounds),
  many: await timeOf(() => round(many), idleRounds),
});

/** By turns, each round with keys of its own. */
const busyOf = async (few: OpenedHouse, many: OpenedHouse): Promise<Pair> => {
  for (const one of [few, many]) await setPolicy(one);
  const taken: { few: number[]; many: number[] } = { few: [], many: [] };
  for (let turn = 0; turn <= rounds; turn++) {
    for (const [name, opened] of [
      ["few", few],
      ["many", many],
    ] as const) {
      const ms = await busyRound(opened);
      // The first only warms up.
      if (turn > 0) taken[name].push(ms);
    }
  }
  return { few: median(taken.few), many: median(taken.many) };
};

const setPolicy = async ({ house, caller }: OpenedHouse): Promise<void> => {
  const account = caller.account.id;
  await house.store.commit({
    account,
    writes: [policyWrite(account, { of: "account" }, { expireAfterDays: 1 }, 0)],
    audit: auditDraft(caller, "policy/account", new Date().toISOString()),
    events: [],
  });
};

const busyRound = async (opened: OpenedHouse): Promise<number> => {
  const { house, caller } = opened;
  const account = caller.account.id;
  const keys = await createKeys(opened, dueAtOnce, dueAtOnce);
  const now = new Date().toISOString();
  const place = (id: string) => ({ account, provider: "aione", id });
  await house.store.progress(keys.map(({ id }) => scheduleWrite(place(id), undefined, nothingKnown, now)));
  const start = performance.now();
  await round(opened);
  const ms = performance.now() - start;
  const [first] = keys;
  const found = await house.store.readKey(account, "aione", first?.id ?? "");
  if (found?.record.key.status !== "disabled") throw new Error("a key that was due was not disabled");
  return ms;
};
