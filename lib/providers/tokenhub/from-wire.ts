import { noLimits } from "../../keys/limits.ts";
import { Secret } from "../../keys/secret.ts";
import type { TokenQuota } from "../../schemas/key.ts";
import type { ApiKeyDetail } from "../../schemas/tokenhub.ts";
import { instant, type WireKey, type WirePlace, wireKey } from "../from-wire.ts";
import { toBindings, toStatus } from "./codec.ts";
import { maskApiKey } from "./profile.ts";
import { toScope } from "./scope.ts";

/** Key times are wall-clock time in China. */
const fromChinaTime = (text: string): string => instant(`${text.replace(" ", "T")}+08:00`);

const cycles = { d: "day", m: "month", lifetime: "lifetime" } as const satisfies Record<
  string,
  TokenQuota["cycle"]
>;

/** One key of a list or a detail; in the latter the value is in clear. */
export const fromWire = (reply: ApiKeyDetail, place: WirePlace): WireKey => {
  const quotas = reply.QuotaSet ?? [];
  const isMasked = reply.ApiKey.includes("*");
  const said = {
    id: reply.ApiKeyId,
    name: reply.Name,
    status: toStatus(reply.Status),
    preview: isMasked ? reply.ApiKey : maskApiKey(reply.ApiKey),
    createdAt: fromChinaTime(reply.CreateTime),
    updatedAt: fromChinaTime(reply.UpdateTime),
    native: {
      bindings: toBindings(reply.BindingItems),
      quotaPackages: quotas.map(({ CycleUnit, PkgId, StartTime, ExpireTime }) => ({
        cycle: cycles[CycleUnit],
        pkgId: PkgId,
        startTime: StartTime,
        expireTime: ExpireTime,
      })),
    },
  };
  const key = wireKey(place, said, {
    description: reply.Remark,
    createdBy: reply.SubUin,
    scope: toScope(reply.BindType, reply.BindingItems),
    ipAllowlist: reply.IpWhitelist,
    limits: {
      ...noLimits,
      // The day of the month on which a package begins anew is not in replies.
      tokenQuotas: quotas.map(({ CycleUnit, CycleCredits }) => ({
        cycle: cycles[CycleUnit],
        tokens: CycleCredits,
        startDay: null,
      })),
    },
  });
  if (isMasked) return { key };
  return { key, material: { kind: "token", value: new Secret(reply.ApiKey) } };
};
