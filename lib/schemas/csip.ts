import * as z from "zod";

/** Every Key Sandbox request and reply of CSIP, version 2022-11-21. Replies hold masked values only. */

const credentialId = z.string().min(1).max(128);

/** Members of a group of accounts, of which there are none here: an entry is refused, an empty list is the own view. */
const memberId = z
  .array(z.string().regex(/^mem-[A-Za-z0-9-]{1,64}$/, "must be the id of a member, like `mem-abc12345`."))
  .max(100)
  .refine((ids) => ids.length === 0, {
    params: { reason: "member" },
    message: "names an account that is not a member of the caller's group.",
  })
  .optional();

const effectScope = z.strictObject({
  Exclude: z.union([z.literal(0), z.literal(1)]),
  Instances: z.array(z.string()),
});

const credentialType = z.enum(["access", "sts"]);
export type CredentialType = z.infer<typeof credentialType>;

const listed = z.strictObject({
  CredentialId: z.string(),
  CredentialName: z.string(),
  CredentialType: credentialType,
  CredentialEffectScope: effectScope,
  CreateTime: z.string(),
  UpdateTime: z.string(),
});
export type ListedCredential = z.infer<typeof listed>;

export const describeKeySandboxCredentialRequest = z.strictObject({
  CredentialId: credentialId,
  MemberId: memberId,
});
export const describeKeySandboxCredentialReply = listed.extend({
  Access: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
  STS: z.strictObject({ System: z.string(), SecretID: z.string(), SecretKey: z.string() }).optional(),
  RequestId: z.string(),
});
export type CredentialDetail = Omit<z.infer<typeof describeKeySandboxCredentialReply>, "RequestId">;

const whereFilter = z.strictObject({
  Name: z.string().max(64),
  Values: z.array(z.string().max(256)).max(100),
  OperatorType: z.int().optional(),
});
export type WhereFilter = z.infer<typeof whereFilter>;

/** Default and maximum are those of a sibling list (inferred). */
const filter = z.strictObject({
  Limit: z.int().min(1).max(200).optional(),
  Offset: z.int().min(0).optional(),
  Order: z
    .string()
    .regex(/^(?:asc|desc)$/i, "must be `asc` or `desc`.")
    .optional(),
  By: z.string().max(64).optional(),
  Filters: z.array(whereFilter).max(20).optional(),
  // Of the shared type, for queries of logs; they have no effect on this list (inferred).
  StartTime: z.string().max(64).optional(),
  EndTime: z.string().max(64).optional(),
});
export type ListFilter = z.infer<typeof filter>;

export const describeKeySandboxCredentialListRequest = z.strictObject({
  MemberId: memberId,
  Filter: filter.optional(),
});
export const describeKeySandboxCredentialListReply = z.strictObject({
  Data: z.array(listed),
  TotalCount: z.int(),
  RequestId: z.string(),
});

const machineId = /^[a-z]+-[A-Za-z0-9]{1,32}$/;

export const sandboxSkillRequest = z.strictObject({
  InstanceIdList: z
    .array(z.string())
    .refine((ids) => ids.length > 0 && ids.length <= 100 && ids.every((id) => machineId.test(id)), {
      params: { reason: "machines" },
      message: "must hold 1 to 100 machine ids, like `ins-abc12345`.",
    }),
  MemberId: memberId,
});
export const sandboxSkillReply = z.strictObject({ RequestId: z.string() });
