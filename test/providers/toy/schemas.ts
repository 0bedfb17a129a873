import * as z from "zod";
import { secretField } from "../../../lib/schemas/secret-mark.ts";

/** Every request and reply of the toy service. */

const tokenName = z.string().min(1).max(20);

const token = z.strictObject({
  TokenId: z.string(),
  TokenName: z.string(),
  Locked: z.boolean(),
  CreateTime: z.string(),
});
export type Token = z.infer<typeof token>;

/** In the replies that are made to carry it. */
const clear = secretField(z.string());

export const createTokenRequest = z.strictObject({ TokenName: tokenName, Locked: z.boolean().optional() });
export const createTokenReply = token.extend({ Secret: clear, RequestId: z.string() });

export const tokenRequest = z.strictObject({ TokenId: z.string().min(1).max(64) });
export const describeTokenReply = token.extend({ Secret: clear, RequestId: z.string() });
export const doneReply = z.strictObject({ RequestId: z.string() });

export const describeTokensRequest = z.strictObject({
  Locked: z.boolean().optional(),
  Offset: z.int().min(0).optional(),
  Limit: z.int().min(1).max(100).optional(),
});
export const describeTokensReply = z.strictObject({
  Tokens: z.array(token.extend({ Masked: z.string() })),
  TotalCount: z.int(),
  RequestId: z.string(),
});

export const modifyTokenRequest = tokenRequest.extend({
  TokenName: tokenName.optional(),
  Locked: z.boolean().optional(),
});
