import { defineAction } from "../../lib/action.ts";
import { Refusal } from "../../lib/errors.ts";
import { dimensionNames, pageOf, toRankList } from "../../lib/providers/tokenhub/rank-list.ts";
import { planOf } from "../../lib/providers/tokenhub/rank-plan.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import {
  describeUsageRankListReply,
  describeUsageRankListRequest,
} from "../../lib/schemas/tokenhub-usage.ts";
import type { UsageQuery } from "../../lib/store/port/usage.ts";
import { whereListed } from "../../lib/usage/listed.ts";

/** Callers name models, and so there may be any number of them. */
const objectsMax = 10_000;

const orAny = (name: string | undefined): readonly string[] | undefined => (name ? [name] : undefined);

/** Of all regions: the sample's view is of an account, and whoever names a model names no region. */
export const describeUsageRankList = defineAction({
  wire: tokenhubWire,
  name: "DescribeUsageRankList",
  permission: "usage:read",
  request: describeUsageRankListRequest,
  reply: describeUsageRankListReply,
  // The action's own list of errors has no other code for a value.
  errors: {
    field_value_invalid: "InvalidParameter.InvalidParameter",
    "field_value_invalid:period_exceeds_span": "InvalidParameter.PeriodExceedsSpan",
    "field_value_invalid:period_too_fine": "InvalidParameter.PeriodTooFineForData",
    "field_value_invalid:too_many_objects": "InvalidParameter.TooManyObjects",
  },
  run: async (input, { caller, provider, usage, clock }) => {
    const account = caller.account.id;
    const plan = planOf(input, clock().getTime());
    const { step, from, to } = plan;
    const own = dimensionNames[input.Dimension];
    const anchor = input.MetricType === "apikey_usage" ? orAny(input.Anchor) : undefined;
    const question: UsageQuery = {
      account,
      step,
      from,
      to,
      by: [own],
      where: { provider: [provider.name], key: anchor, ...(input.Target && { [own]: [input.Target] }) },
    };
    const page = pageOf(input, await usage.groups(question));
    if (input.ShowAll === true && page.all.length > objectsMax) {
      throw new Refusal(
        "field_value_invalid",
        `There are more than ${objectsMax} objects: name one as \`Target\`, or leave out \`ShowAll\`.`,
        { reason: "too_many_objects" },
      );
    }
    const names =
      input.Dimension === "apikey"
        ? await usage.keyNames(
            account,
            tokenhubWire.profile.service,
            page.page.map(({ name }) => name),
          )
        : undefined;
    // Curves are of the listed ones alone: callers may make up any number of names.
    const rows =
      input.ShowAll === true
        ? []
        : await usage.read({ ...question, where: whereListed(question, page.page) });
    return toRankList(input, page, plan, rows, (key) => names?.get(key) ?? key);
  },
});

export const handler = actionHandler(describeUsageRankList);
