import { defineOperation, nothing } from "../../lib/operation.ts";
import { type UsageGroup, usageQuery, usageReply } from "../../lib/schemas/usage.ts";
import type { UsageName, UsageRow } from "../../lib/store/port/usage.ts";
import { whereListed } from "../../lib/usage/listed.ts";
import { rangeOf } from "../../lib/usage/range.ts";
import { ranked } from "../../lib/usage/ranked.ts";
import { totalsOf } from "../../lib/usage/totals.ts";

/** A day of minutes, with an hour to spare. */
const stepsMax = 1500;
/** With `groupBy`, each step may have an item of each group. */
const groupedStepsMax = 100;
const groupsMax = 100;

interface Grouping {
  readonly by: readonly UsageName[];
  readonly nameOf: (row: UsageRow) => string;
}

const groupings: Readonly<Record<UsageGroup, Grouping>> = {
  provider: { by: ["provider"], nameOf: ({ provider }) => provider },
  id: { by: ["provider", "key"], nameOf: ({ provider, key }) => (key === "" ? "" : `${provider}/${key}`) },
  team: { by: ["team"], nameOf: ({ team }) => team },
  model: { by: ["model"], nameOf: ({ model }) => model },
  endpoint: { by: ["endpoint"], nameOf: ({ endpoint }) => endpoint },
};
const together: Grouping = { by: [], nameOf: () => "" };

/** Of any where nothing is asked for; a principal of some providers sees what was counted of theirs. */
const only = (value: string | undefined): readonly string[] | undefined =>
  value === undefined ? undefined : [value];

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** What was counted of the account's keys, step by step. Keys that are gone count on. */
export const readUsage = defineOperation({
  method: "GET",
  path: "/v1/usage",
  name: "ReadUsage",
  summary: "Read what was counted of verifications and settlements, by minute, hour or day",
  permission: "usage:read",
  params: nothing,
  query: usageQuery,
  body: nothing,
  reply: usageReply,
  status: 200,
  example: { query: { provider: "aione", step: "hour", groupBy: "model" } },
  run: async ({ query }, { house, principal, provider }) => {
    const { step = "hour", groupBy, from, to, ...names } = query;
    const providers = names.provider === undefined ? principal.providers : [provider(names.provider).name];
    const { by, nameOf } = groupBy === undefined ? together : groupings[groupBy];
    const range = rangeOf(
      { step, from, to },
      house.clock().getTime(),
      groupBy === undefined ? stepsMax : groupedStepsMax,
    );
    const question = {
      account: principal.account.id,
      ...range,
      where: {
        provider: providers === "all" ? undefined : providers,
        key: only(names.id),
        team: only(names.team),
        model: only(names.model),
        endpoint: only(names.endpoint),
      },
    };
    const all = await house.usage.read({ ...question, by: [] });
    // Ranked first, and then only those that are listed are read step by step: callers may make up any number of names.
    const groups =
      by.length === 0
        ? ranked(all, nameOf, ({ requests }) => requests)
        : ranked(await house.usage.groups({ ...question, by }), nameOf, ({ requests }) => requests);
    const listed = groups.slice(0, groupsMax);
    const rows =
      by.length === 0
        ? all
        : await house.usage.read({ ...question, by, where: whereListed({ ...question, by }, listed) });
    const rowsOf = Map.groupBy(rows, nameOf);
    const items = listed
      .flatMap(({ name }) =>
        [...Map.groupBy(rowsOf.get(name) ?? [], ({ time }) => time)].map(([time, some]) => ({
          time,
          group: name === "" ? null : name,
          totals: totalsOf(some),
        })),
      )
      .sort((one, other) => one.time - other.time);
    return {
      from: timeOf(range.from),
      to: timeOf(range.to),
      step,
      groupBy: groupBy ?? null,
      total: totalsOf(all),
      items: items.map(({ time, group, totals }) => ({ time: timeOf(time), group, ...totals })),
      groupsLeft: Math.max(0, groups.length - groupsMax),
    };
  },
});
