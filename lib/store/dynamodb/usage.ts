import { hash } from "node:crypto";
import type { LastUse } from "../port/records.ts";
import type { Store } from "../port/store.ts";
import {
  keptMs,
  otherName,
  stepMs,
  TooMuchUsage,
  type UsageCounts,
  type UsageQuery,
  type UsageRow,
  type UsageStep,
  usageCountNames,
  usageGroupsMax,
  usageNames,
  usageRowsMax,
  usageSteps,
} from "../port/usage.ts";
import { sumsOf } from "../usage-sums.ts";
import { inParallel, type Task } from "./in-parallel.ts";
import { usagePartition, usesPlace } from "./places.ts";
import { attributesOf, type Field, ordered, type Place, type Row, textOf } from "./row.ts";
import type { Table } from "./table.ts";
import { ttlOf } from "./ttl.ts";
import { openUsageNames } from "./usage-names.ts";

type Usage = Pick<Store, "addUsage" | "findsUsageByKey" | "readUsage" | "readUsageGroups">;

const names = [...usageNames, "outcome"] as const;

/** Of a table that never takes them the memory must not fill. */
const owedMax = 10_000;

/** The last attempt at what is owed is `payUsage`. */
export const openUsage = (table: Table): Usage & { payUsage(): Promise<void> } => {
  const boundNames = openUsageNames(table);
  /** What failed while others of the same call were made: whoever gave all of them must not give them again. */
  let owed: readonly Task[] = [];

  const make = async (tasks: readonly Task[]): Promise<void> => {
    const before = owed;
    owed = [];
    const failed = await inParallel([...before, ...tasks]);
    const ours = new Set(tasks);
    const unmade = failed.filter(({ task }) => ours.has(task));
    const isNothingMade = tasks.length > 0 && unmade.length === tasks.length;
    // Nothing of these counts yet: they stay with whoever gave them.
    const kept = isNothingMade ? failed.filter(({ task }) => !ours.has(task)) : failed;
    owed = [...owed, ...kept.map(({ task }) => task)].slice(-owedMax);
    if (isNothingMade) throw unmade[0]?.error;
  };

  const sum = async (query: UsageQuery, add: (row: Row, time: number) => void): Promise<void> => {
    const { account, step, from, to, where } = query;
    for (const [pk, start, end] of partitions(account, step, from, to)) {
      for await (const row of table.query({ pk, from: ordered(start), to: ordered(end) })) {
        const isMeant = usageNames.every((name) => where[name]?.includes(textOf(row, name)) ?? true);
        if (isMeant) add(row, Number(row.place.sk.slice(0, ordered(0).length)));
      }
    }
  };

  return {
    // A year of days is one partition, in the order of time.
    findsUsageByKey: () => false,

    addUsage: async (rows, uses) => {
      // Read here, before anything is waited for: the caller's rows are its own.
      const sums = sumsOf(rows);
      const copied = sums.map((row) => ({ ...row, counts: { ...row.counts } }));
      const bound = sumsOf(await boundNames(copied));
      await make([
        ...bound.flatMap((row) => usageSteps.map((step) => () => addTo(table, step, row))),
        ...uses.map((use) => () => note(table, use)),
      ]);
    },
    payUsage: () => make([]),

    readUsage: async (query) => {
      const sums = new Map<string, Sum>();
      await sum(query, (row, time) => {
        add(sums, row, [String(time).padStart(16, "0"), ...told(query, row)], time);
        if (sums.size > usageRowsMax) throw new TooMuchUsage();
      });
      return [...sums]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([, one]) => rowOf(query, one, one.time, sortedLatencies(one)));
    },

    readUsageGroups: async (query) => {
      const sums = new Map<string, Sum>();
      await sum(query, (row) => {
        const own = told(query, row);
        const isKnown = sums.size < usageGroupsMax || sums.has(JSON.stringify(own));
        const other = names.map((name, place) =>
          name === "outcome" ? (own[place] ?? "") : query.by.includes(name) ? otherName : "",
        );
        add(sums, row, isKnown ? own : other, query.from);
      });
      return [...sums.values()].map((one) => rowOf(query, one, query.from, []));
    },
  };
};

interface Sum {
  readonly time: number;
  readonly names: readonly string[];
  readonly counts: { -readonly [Name in keyof UsageCounts]: number };
  readonly latencies: Map<number, number>;
}

/** The names that are asked for, and the outcome always. */
const told = ({ by }: UsageQuery, row: Row): readonly string[] =>
  names.map((name) => (name === "outcome" || by.includes(name) ? textOf(row, name) : ""));

const numberIn = (field: Field | undefined): number => (typeof field === "number" ? field : 0);

const add = (sums: Map<string, Sum>, { fields }: Row, place: readonly string[], time: number): void => {
  const key = JSON.stringify(place);
  const known = sums.get(key) ?? {
    time,
    names: place.slice(-names.length),
    counts: Object.fromEntries(usageCountNames.map((name) => [name, 0])) as Sum["counts"],
    latencies: new Map<number, number>(),
  };
  sums.set(key, known);
  for (const name of usageCountNames) {
    // What callers say of tokens may be anything.
    known.counts[name] += Math.min(numberIn(fields[name]), Number.MAX_SAFE_INTEGER);
  }
  for (const [name, calls] of Object.entries(fields)) {
    const kind = /^k(\d+)$/.exec(name)?.[1];
    if (kind === undefined) continue;
    known.latencies.set(Number(kind), (known.latencies.get(Number(kind)) ?? 0) + numberIn(calls));
  }
};

const sortedLatencies = ({ latencies }: Sum): UsageRow["latencies"] =>
  [...latencies].sort(([one], [other]) => one - other);

const rowOf = (
  { account }: UsageQuery,
  { names: [provider = "", key = "", team = "", model = "", endpoint = "", outcome = ""], counts }: Sum,
  time: number,
  latencies: UsageRow["latencies"],
): UsageRow => ({ account, time, provider, key, team, model, endpoint, outcome, counts, latencies });

/** The partitions of a range, and what of each belongs to it. */
const partitions = function* (
  account: UsageQuery["account"],
  step: UsageStep,
  from: number,
  to: number,
): Iterable<readonly [pk: string, from: number, to: number]> {
  for (let start = from; start < to; ) {
    const pk = usagePartition(account, step, start);
    let end = start + stepMs[step];
    while (end < to && usagePartition(account, step, end) === pk) end += stepMs[step];
    yield [pk, start, end];
    start = end;
  }
};

/** Behind its time a row is found by a digest of its names, which may be longer than a key may be. */
const placeOf = (step: UsageStep, row: UsageRow): Place => {
  const time = Math.floor(row.time / stepMs[step]) * stepMs[step];
  const digest = hash("sha256", JSON.stringify(names.map((name) => row[name])), "base64url");
  return { pk: usagePartition(row.account, step, time), sk: ordered(time) + digest };
};

const addTo = async (table: Table, step: UsageStep, row: UsageRow): Promise<void> => {
  const counts = usageCountNames.filter((name) => row.counts[name] !== 0);
  const adds = [
    ...counts.map((name): readonly [string, number] => [name, row.counts[name]]),
    ...row.latencies.map(([kind, calls]): readonly [string, number] => [`k${kind}`, calls]),
  ];
  const sets = [
    ...names.map((name): readonly [string, string | number] => [name, row[name]]),
    ["ttl", ttlOf(row.time + keptMs[step])] as const,
  ];
  const fields = [...adds, ...sets];
  const addition = adds.length === 0 ? "" : `ADD ${adds.map(([name]) => `#${name} :${name}`).join(", ")} `;
  await table.update({
    place: placeOf(step, row),
    UpdateExpression: `${addition}SET ${sets.map(([name]) => `#${name} = :${name}`).join(", ")}`,
    ExpressionAttributeNames: Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: attributesOf(
      Object.fromEntries(fields.map(([name, value]) => [`:${name}`, value])),
    ),
  });
};

/** Processes report late and in any order: the latest use stands. */
const note = async (table: Table, use: LastUse): Promise<void> => {
  const { account, service, id, generation, at, ip } = use;
  await table.update({
    place: usesPlace(account, service, id),
    UpdateExpression: "SET #at = :at, #ip = :ip",
    ConditionExpression: "attribute_not_exists(#at) OR #at < :at",
    ExpressionAttributeNames: { "#at": `at${generation}`, "#ip": `ip${generation}` },
    ExpressionAttributeValues: attributesOf({ ":at": at, ":ip": ip }),
  });
};
