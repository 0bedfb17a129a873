import type * as z from "zod";
import type { credential } from "../../lib/schemas/access.ts";
import type { CredentialRecord } from "../../lib/store/port/records.ts";

/** A credential as it may be shown: without what is sealed. */
export const credentialView = (record: CredentialRecord): z.input<typeof credential> => ({
  id: record.id,
  name: record.name,
  role: record.role,
  providers: record.providers === "all" ? "all" : [...record.providers],
  subUin: record.subUin,
  secretId: record.secretId,
  createdAt: record.createdAt,
});
