import * as z from "zod";
import { providerName, time } from "./facade.ts";
import { time as kept } from "./key.ts";

/** Usage on the facade. In a query all is text. */

const name = z.string().min(1).max(256);

const usageGroups = ["provider", "id", "team", "model", "endpoint"] as const;
export type UsageGroup = (typeof usageGroups)[number];

export const usageQuery = z
  .strictObject({
    provider: providerName.optional(),
    /** A key's, of the provider that is named with it. */
    id: name.optional(),
    team: name.optional(),
    model: name.optional(),
    endpoint: name.optional(),
    from: time.optional(),
    to: time.optional(),
    step: z.enum(["minute", "hour", "day"]).optional(),
    groupBy: z.enum(usageGroups).optional(),
  })
  .refine(({ id, provider }) => id === undefined || provider !== undefined, {
    path: ["provider"],
    message: "must be sent with `id`.",
    params: { code: "field_missing" },
  });

const count = z.int().min(0);
const amounts = {
  requests: count,
  /** Requests by the code of their verdict. */
  outcomes: z.record(z.string(), count),
  /** Calls that were let in and then settled as failed. */
  failed: count,
  tokens: z.strictObject({
    input: count,
    output: count,
    /** A part of the input. */
    cache: count,
    reserved: count,
    /** What was settled, and what was reserved for calls that are not settled. */
    spent: count,
  }),
  /** Of the calls that were settled with one; percentiles within 5 percent. */
  latency: z
    .strictObject({ calls: count, meanMs: count, p50Ms: count, p95Ms: count, p99Ms: count })
    .nullable(),
};

export const usageReply = z.strictObject({
  /** Whole steps: the first that is counted, and the one before which it ends. */
  from: kept,
  to: kept,
  step: z.enum(["minute", "hour", "day"]),
  groupBy: z.enum(usageGroups).nullable(),
  total: z.strictObject(amounts),
  /** In the order of time; steps without a request are left out. Keys are `{provider}/{id}`; null is of no name. */
  items: z.array(z.strictObject({ time: kept, group: z.string().nullable(), ...amounts })),
  /** Groups with fewer requests, which `total` has and `items` has not. */
  groupsLeft: count,
});
export type UsageReply = z.infer<typeof usageReply>;
