import * as z from "zod";
import { roleNames } from "../access/roles.ts";
import { ipAllowlist } from "./facade.ts";
import { secretField } from "./secret-mark.ts";

/** Accounts, credentials and the audit trail on the facade. */

const name = z.string().min(1).max(128);
/** A tenant gives roles of its own account; `platform` stays with the root credential. */
const grantable = z.enum(roleNames).exclude(["platform"]);

const account = z.strictObject({
  id: z.string(),
  appId: z.string(),
  organisation: z.string(),
  name: z.string(),
  createdAt: z.string(),
});

export const credential = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  providers: z.union([z.literal("all"), z.array(z.string())]),
  subUin: z.string(),
  secretId: z.string(),
  createdAt: z.string(),
});

/** What leaves once, at creation: a reply that is replayed has null. */
const issuedSecrets = z
  .strictObject({
    secretKey: secretField(z.string()),
    token: secretField(z.string()),
  })
  .nullable();

export const createAccountBody = z.strictObject({ name });
/** With the first administrator of the account, without whom nobody could enter it. */
export const createAccountReply = z.strictObject({ account, credential, secrets: issuedSecrets });

/** Of all keys of an account; version 0 stands for one that was never set. */
export const accountAllowlist = z.strictObject({ ipAllowlist: z.array(z.string()), version: z.int() });
export const changeAllowlistBody = z.strictObject({ ipAllowlist });

export const createCredentialBody = z.strictObject({
  name,
  role: grantable,
  providers: z.union([z.literal("all"), z.array(z.string()).min(1).max(100)]).optional(),
});
export const createCredentialReply = z.strictObject({ credential, secrets: issuedSecrets });

export const accountList = z.strictObject({ items: z.array(account), nextCursor: z.string().nullable() });
export const credentialList = z.strictObject({
  items: z.array(credential),
  nextCursor: z.string().nullable(),
});
export const credentialParams = z.strictObject({ id: z.string().min(1).max(128) });

const auditEntry = z.strictObject({
  /** What its hash has it in: the account for a change, with `/readings` for what was read of secrets. */
  chain: z.string(),
  seq: z.int(),
  prev: z.string(),
  hash: z.string(),
  entry: z.json(),
});
export const auditList = z.strictObject({ items: z.array(auditEntry), nextCursor: z.string().nullable() });

const refusal = z.strictObject({
  minute: z.string(),
  principal: z.string(),
  action: z.string(),
  code: z.string(),
  count: z.int(),
  lastIp: z.string(),
  lastRequestId: z.string(),
});
export const refusalList = z.strictObject({ items: z.array(refusal), nextCursor: z.string().nullable() });
