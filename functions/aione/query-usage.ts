import { defineRestAction } from "../../lib/action.ts";
import { Refusal } from "../../lib/errors.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { lastDays, toUsageRows } from "../../lib/providers/aione/usage.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { usageRequest, usageResponse } from "../../lib/schemas/aione.ts";
import { TooMuchUsage, type UsageQuery } from "../../lib/store/port/usage.ts";

/** The service publishes no paging, and a list without an end helps nobody. */
const rowsMax = 10_000;

/** By day, key, team and model, oldest first. */
export const queryUsage = defineRestAction({
  profile: aioneProfile,
  name: "QueryUsage",
  route: {
    method: "GET",
    path: "/api/v1/obs/usage",
    status: 200,
    query: true,
    body: false,
    plane: "management",
  },
  permission: "usage:read",
  request: usageRequest,
  reply: usageResponse,
  run: async ({ query }, { caller, provider, usage, clock }) => {
    const { range_days, key_id, team_id, model } = query;
    const question: UsageQuery = {
      account: caller.account.id,
      ...lastDays(range_days, clock()),
      by: ["key", "team", "model"],
      where: {
        provider: [provider.name],
        key: key_id === undefined ? undefined : [key_id],
        team: team_id === undefined ? undefined : [team_id],
        model: model === undefined ? undefined : [model],
      },
    };
    const rows = await usage.read(question).catch((error: unknown) => {
      if (error instanceof TooMuchUsage) return undefined;
      throw error;
    });
    const found = rows && toUsageRows(rows);
    if (found === undefined || found.length > rowsMax) {
      const message = `gives more than ${rowsMax} rows: ask for fewer days, or for one key, team or model`;
      throw new Refusal("field_value_invalid", message, {
        issues: [{ path: "query.range_days", message }],
      });
    }
    return found;
  },
});

export const handler = restHandler(queryUsage);
