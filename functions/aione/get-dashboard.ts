import { defineRestAction } from "../../lib/action.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { lastDays, lastMinute, toDashboard } from "../../lib/providers/aione/usage.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { dashboardRequest, dashboardResponse } from "../../lib/schemas/aione.ts";
import { ranked } from "../../lib/usage/ranked.ts";

/** Of the keys that were called in the last minute, the busiest tell how near their limits are. */
const keysMax = 100;

/** The technical view. The one for business counts characters and budgets, of which Keyway knows nothing. */
export const getDashboard = defineRestAction({
  profile: aioneProfile,
  name: "GetDashboard",
  route: {
    method: "GET",
    path: "/api/v1/obs/dashboard",
    status: 200,
    query: true,
    body: false,
    plane: "management",
  },
  permission: "usage:read",
  request: dashboardRequest,
  reply: dashboardResponse,
  run: async ({ query }, { caller, region, provider, usage, clock }) => {
    const now = clock();
    const account = caller.account.id;
    const where = { provider: [provider.name] };
    const range = lastDays(query.range_days, now);
    const rows = await usage.read({ account, ...range, by: [], where });
    const models = await usage.groups({ account, ...range, by: ["model"], where });
    const minute = await usage.groups({ account, ...lastMinute(now), by: ["key"], where });
    const letIn = minute.filter(({ outcome }) => outcome === "VALID");
    const busy = ranked(
      letIn,
      ({ key }) => key,
      ({ requests }) => requests,
    ).slice(0, keysMax);
    const { items } = await provider.list(caller, region, {
      filters: [{ field: "id", op: "equals", values: busy.map(({ name }) => name) }],
      sort: { by: "createdAt", order: "desc" },
      page: { type: "offset", offset: 0, limit: keysMax },
    });
    const limits = new Map(items.map(({ key }) => [String(key.id), key.limits.requestsPerMinute]));
    const limited = busy.filter(({ name }) => (limits.get(name) ?? null) !== null);
    return {
      view_mode: "tech" as const,
      tech: toDashboard({ rows, models }, range, {
        requests: limited.reduce((sum, { totals }) => sum + totals.requests, 0),
        limit: limited.reduce((sum, { name }) => sum + (limits.get(name) ?? 0), 0),
      }),
      business: null,
    };
  },
});

export const handler = restHandler(getDashboard);
