import type { Operation } from "../lib/operation.ts";
import { createAccount } from "./accounts/create-account.ts";
import { listAccounts } from "./accounts/list-accounts.ts";
import { listAudit } from "./audit/list-audit.ts";
import { listRefusals } from "./audit/list-refusals.ts";
import { readCheckpoint } from "./audit/read-checkpoint.ts";
import { createCredential } from "./credentials/create-credential.ts";
import { deleteCredential } from "./credentials/delete-credential.ts";
import { listCredentials } from "./credentials/list-credentials.ts";

/** Every operation of the facade. */
export const operations: readonly Operation[] = [
  listAccounts,
  createAccount,
  listCredentials,
  createCredential,
  deleteCredential,
  listAudit,
  listRefusals,
  readCheckpoint,
];
