import * as z from "zod";
import type { Dialect, NativeCall } from "../dialect.ts";
import { wireId } from "../from-wire.ts";
import { fromWire } from "./from-wire.ts";

/** Of a sibling list; none is published for this one. A page that the service cuts shorter is no harm. */
const pageSize = 200;

/** With milliseconds in one of the published samples, without in the documentation's own form. */
const time = z.iso.datetime({ offset: true });

const listed = z.object({
  CredentialId: wireId,
  CredentialName: z.string(),
  CredentialType: z.enum(["access", "sts"]),
  CredentialEffectScope: z.object({
    Exclude: z.union([z.literal(0), z.literal(1)]),
    Instances: z
      .array(z.string())
      .nullish()
      .transform((ids) => ids ?? null),
  }),
  CreateTime: time,
  UpdateTime: time,
});
const detail = listed.extend({
  Access: z.array(z.object({ Key: z.string(), Value: z.string() })).nullish(),
  STS: z.object({ System: z.string(), SecretID: z.string(), SecretKey: z.string() }).nullish(),
});
const list = z.object({ Data: z.array(listed).nullable(), TotalCount: z.int().min(0) });

const withoutAbsent = ({ Access, STS, ...rest }: z.infer<typeof detail>) => ({
  ...rest,
  Access: Access ?? null,
  STS: STS ?? null,
});

const call = (action: string, input: object): NativeCall => ({ surface: "tencent", action, input });

/** The service publishes no call that makes or changes a credential. */
export const csipDialect: Dialect = {
  list: (Offset) => call("DescribeKeySandboxCredentialList", { Filter: { Limit: pageSize, Offset } }),
  listed: (reply, place) => {
    const { Data, TotalCount } = list.parse(reply);
    return { keys: (Data ?? []).map((one) => fromWire(one, place)), total: TotalCount };
  },
  read: (CredentialId) => call("DescribeKeySandboxCredential", { CredentialId }),
  key: (reply, place) => fromWire(withoutAbsent(detail.parse(reply)), place),
};
