import * as z from "zod";
import { Refusal } from "../../errors.ts";
import { type RandomBytes, randomLetters } from "../../keys/random.ts";
import { wholeSeconds } from "../../keys/time.ts";
import type { RequestFilter, UsagePlanInfo } from "../../schemas/apigateway.ts";
import type { Key } from "../../schemas/key.ts";
import type { Document, DocumentKind } from "../documents.ts";
import type { EmbeddedProvider } from "../embedded.ts";
import { withPlans } from "./codec.ts";
import { apigatewayNative } from "./native.ts";
import { settingsOf } from "./settings.ts";

/** -1 is no limit. */
const plan = z.strictObject({
  name: z.string(),
  description: z.string(),
  requestsMax: z.int(),
  requestsPerSecond: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })),
  /** In the order in which they were bound; each of these keys names the plan, too. */
  keyIds: z.array(z.string()),
});
export type Plan = z.infer<typeof plan>;

/** Documented, per tenant. */
const keysOfPlanMax = 50;
const plansOfKeyMax = 10;

export const plans = (provider: EmbeddedProvider): DocumentKind<Plan> => ({
  name: "plan",
  parse: (body) => plan.parse(body),
  max: settingsOf(provider).plansMax,
  events: { created: "plan.created", deleted: "plan.deleted" },
  told: ({ name, requestsMax, requestsPerSecond }) => ({ name, requestsMax, requestsPerSecond }),
});

/** `usagePlan-` and 8 small letters or digits. */
export const newPlanId = (random: RandomBytes): string =>
  `usagePlan-${randomLetters(random, 8).toLowerCase()}`;

export const toUsagePlanInfo = (id: string, body: Plan): UsagePlanInfo => ({
  UsagePlanId: id,
  UsagePlanName: body.name,
  UsagePlanDesc: body.description,
  MaxRequestNumPreSec: body.requestsPerSecond,
  MaxRequestNum: body.requestsMax,
  CreatedTime: wholeSeconds(body.createdAt),
  ModifiedTime: wholeSeconds(body.updatedAt),
  BindSecretIdTotalCount: body.keyIds.length,
  BindSecretIds: body.keyIds,
  // Environments of services are not served here, so no plan is bound to one.
  BindEnvironmentTotalCount: 0,
  BindEnvironments: [],
  Tags: body.tags,
});

/** With no environments, every plan is bound to no service and to no API. */
export const planMatches =
  ({ id, body }: Document<Plan>) =>
  ({ Name, Values }: RequestFilter): boolean => {
    switch (Name) {
      case "UsagePlanId":
        return Values.includes(id);
      case "UsagePlanName":
        return Values.includes(body.name);
      case "Environment":
        return false;
      default:
        return true;
    }
  };

interface Bound {
  readonly body: Plan;
  readonly keys: readonly Key[];
}

/** Both sides name each other, so that neither deletion nor a limit needs a search. All keys, or none. */
export const bind =
  (id: string) =>
  (body: Plan, keys: readonly Key[]): Bound => {
    for (const key of keys) {
      const { usagePlans } = apigatewayNative.parse(key.native);
      if (key.status === "disabled") {
        throw new Refusal("state_unsuitable", "A disabled key cannot be bound. Enable it.", {
          reason: "status",
        });
      }
      if (usagePlans.includes(id)) {
        throw new Refusal("already_exists", "One of the keys is already bound to the usage plan.", {
          reason: "binding",
        });
      }
      if (usagePlans.length >= plansOfKeyMax) {
        throw new Refusal(
          "limit_reached",
          `One of the keys is bound to ${plansOfKeyMax} usage plans already.`,
          {
            reason: "plansOfKey",
          },
        );
      }
    }
    const keyIds = [...body.keyIds, ...keys.map((key) => key.id)];
    if (keyIds.length > keysOfPlanMax) {
      throw new Refusal("limit_reached", `A usage plan holds at most ${keysOfPlanMax} keys.`, {
        reason: "keysOfPlan",
      });
    }
    return { body: { ...body, keyIds }, keys: keys.map((key) => withPlans(key, (ids) => [...ids, id])) };
  };

export const unbind =
  (id: string) =>
  (body: Plan, keys: readonly Key[]): Bound => {
    const leaving = new Set<string>(keys.map((key) => key.id));
    if (keys.some((key) => !body.keyIds.includes(key.id))) {
      throw new Refusal("state_unsuitable", "One of the keys is not bound to the usage plan.", {
        reason: "unbound",
      });
    }
    return {
      body: { ...body, keyIds: body.keyIds.filter((keyId) => !leaving.has(keyId)) },
      keys: keys.map((key) => withPlans(key, (ids) => ids.filter((one) => one !== id))),
    };
  };

export const refuseInUse = (body: Plan): void => {
  if (body.keyIds.length === 0) return;
  throw new Refusal("in_use", "The usage plan still holds keys. Unbind them first.", { reason: "plan" });
};
