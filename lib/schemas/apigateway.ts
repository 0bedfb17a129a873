import * as z from "zod";
import { secretField } from "./secret-mark.ts";

/** Every request and reply of API Gateway's key and usage-plan actions, version 2018-08-08. */

const resultOf = <Result extends z.ZodType>(Result: Result) =>
  z.strictObject({ Result, RequestId: z.string() });
/** A JSON boolean: a null or `false` is a failure to Terraform. */
export const doneReply = resultOf(z.literal(true));

const word = z.string().regex(/^[A-Za-z0-9_]+$/, "must be of letters, digits and `_`.");
/** The console also takes `-`; a length is published there alone. */
const secretName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[A-Za-z0-9_-]+$/, "must be of letters, digits, `_` and `-`.");
const manualId = word.min(5).max(50);
const manualSecret = secretField(word.min(10).max(50));
const accessKeyId = z.string().min(1).max(128);

const tag = z.strictObject({ Key: z.string().min(1).max(127), Value: z.string().max(255) });
export const tags = z
  .array(tag)
  .max(50)
  .refine((items) => new Set(items.map(({ Key }) => Key)).size === items.length, {
    message: "must not hold the same Key twice.",
  });

const limit = z.int().min(1).max(100).optional();
const offset = z.int().min(0).optional();

/** A list's filters. Their values are texts always, and may be secrets: API Gateway finds keys by those, too. */
const filtersOf = (names: readonly string[]) =>
  z
    .array(
      z.strictObject({
        Name: z.string().refine((name) => names.includes(name), {
          params: { reason: "filter" },
          message: `must be one of ${names.map((name) => `\`${name}\``).join(", ")}.`,
        }),
        Values: secretField(z.array(z.string().max(200)).min(1).max(100)),
      }),
    )
    .max(10)
    .optional();
export interface RequestFilter {
  readonly Name: string;
  readonly Values: readonly string[];
}

const apiKey = z.strictObject({
  AccessKeyId: z.string(),
  AccessKeySecret: secretField(z.string()),
  AccessKeyType: z.enum(["auto", "manual"]),
  SecretName: z.string(),
  Status: z.union([z.literal(0), z.literal(1)]),
  CreatedTime: z.string(),
  ModifiedTime: z.string(),
  Tags: z.array(tag),
});
export type ApiKey = z.infer<typeof apiKey>;
export const apiKeyReply = resultOf(apiKey);

export const createApiKeyRequest = z
  .strictObject({
    SecretName: secretName,
    AccessKeyType: z.enum(["auto", "manual"]).optional(),
    // Checked below: with an automatic key whatever is sent here has no effect.
    AccessKeyId: z.string().max(1024).optional(),
    AccessKeySecret: secretField(z.string().max(1024)).optional(),
    Tags: tags.optional(),
  })
  .superRefine((input, context) => {
    if (input.AccessKeyType !== "manual") return;
    for (const [name, schema] of [
      ["AccessKeyId", manualId],
      ["AccessKeySecret", manualSecret],
    ] as const) {
      const value = input[name];
      const code = value === undefined ? "field_missing" : "field_value_invalid";
      if (schema.safeParse(value).success) continue;
      context.addIssue({
        code: "custom",
        path: [name],
        params: { code },
        message:
          value === undefined
            ? "is required for a manual key."
            : `must be ${name === "AccessKeyId" ? "5 to 50" : "10 to 50"} letters, digits or \`_\`.`,
      });
    }
  });

export const keyRequest = z.strictObject({ AccessKeyId: accessKeyId });

export const updateApiKeyRequest = z.strictObject({
  AccessKeyId: accessKeyId,
  AccessKeySecret: manualSecret.optional(),
});

export const describeApiKeysStatusRequest = z.strictObject({
  Limit: limit,
  Offset: offset,
  Filters: filtersOf(["AccessKeyId", "AccessKeySecret", "SecretName", "NotUsagePlanId", "Status", "KeyWord"]),
});
export const describeApiKeysStatusReply = resultOf(
  z.strictObject({ TotalCount: z.int(), ApiKeySet: z.array(apiKey) }),
);

const usagePlanId = z.string().min(1).max(128);
const usagePlanName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[^\p{Cc}]+$/u, "must be without control characters.");
const usagePlanDesc = z.string().max(200);

const amount = (max: number) =>
  z.int().refine((value) => value === -1 || (value >= 1 && value <= max), {
    params: { reason: "amount" },
    message: `must be -1, for no limit, or 1 to ${max}.`,
  });
const maxRequestNum = amount(99_999_999);
const maxRequestNumPreSec = amount(2000);

const usagePlanInfo = z.strictObject({
  UsagePlanId: z.string(),
  UsagePlanName: z.string(),
  UsagePlanDesc: z.string(),
  MaxRequestNumPreSec: z.int(),
  MaxRequestNum: z.int(),
  CreatedTime: z.string(),
  ModifiedTime: z.string(),
  BindSecretIdTotalCount: z.int(),
  BindSecretIds: z.array(z.string()),
  BindEnvironmentTotalCount: z.int(),
  BindEnvironments: z.array(z.strictObject({ EnvironmentName: z.string(), ServiceId: z.string() })),
  Tags: z.array(tag),
});
export type UsagePlanInfo = z.infer<typeof usagePlanInfo>;
export const usagePlanReply = resultOf(usagePlanInfo);

export const createUsagePlanRequest = z.strictObject({
  UsagePlanName: usagePlanName,
  UsagePlanDesc: usagePlanDesc.optional(),
  MaxRequestNum: maxRequestNum.optional(),
  MaxRequestNumPreSec: maxRequestNumPreSec.optional(),
  Tags: tags.optional(),
});

export const modifyUsagePlanRequest = z.strictObject({
  UsagePlanId: usagePlanId,
  UsagePlanName: usagePlanName.optional(),
  UsagePlanDesc: usagePlanDesc.optional(),
  MaxRequestNum: maxRequestNum.optional(),
  MaxRequestNumPreSec: maxRequestNumPreSec.optional(),
});

export const planRequest = z.strictObject({ UsagePlanId: usagePlanId });

export const describeUsagePlansStatusRequest = z.strictObject({
  Limit: limit,
  Offset: offset,
  Filters: filtersOf(["UsagePlanId", "UsagePlanName", "NotServiceId", "NotApiId", "Environment"]),
});
export const describeUsagePlansStatusReply = resultOf(
  z.strictObject({
    TotalCount: z.int(),
    UsagePlanStatusSet: z.array(
      usagePlanInfo.pick({
        UsagePlanId: true,
        UsagePlanName: true,
        UsagePlanDesc: true,
        MaxRequestNumPreSec: true,
        MaxRequestNum: true,
        CreatedTime: true,
        ModifiedTime: true,
        Tags: true,
      }),
    ),
  }),
);

/** More than a plan can hold, which is told as the plan's limit. */
const accessKeyIds = z
  .array(accessKeyId)
  .refine((ids) => ids.length > 0 && ids.length <= 100 && new Set(ids).size === ids.length, {
    params: { reason: "ids" },
    message: "must hold 1 to 100 AccessKeyIds, none of them twice.",
  });

export const bindingRequest = z.strictObject({ UsagePlanId: usagePlanId, AccessKeyIds: accessKeyIds });

export const describeUsagePlanSecretIdsRequest = z.strictObject({
  UsagePlanId: usagePlanId,
  Limit: limit,
  Offset: offset,
});
export const describeUsagePlanSecretIdsReply = resultOf(
  z.strictObject({
    TotalCount: z.int(),
    AccessKeyList: z.array(
      z.strictObject({
        AccessKeyId: z.string(),
        SecretName: z.string(),
        Status: z.union([z.literal(0), z.literal(1)]),
      }),
    ),
  }),
);
