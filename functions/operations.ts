import type { Operation } from "../lib/operation.ts";
import { changeAllowlist } from "./accounts/change-allowlist.ts";
import { createAccount } from "./accounts/create-account.ts";
import { listAccounts } from "./accounts/list-accounts.ts";
import { readAllowlist } from "./accounts/read-allowlist.ts";
import { listAudit } from "./audit/list-audit.ts";
import { listRefusals } from "./audit/list-refusals.ts";
import { readCheckpoint } from "./audit/read-checkpoint.ts";
import { createCredential } from "./credentials/create-credential.ts";
import { deleteCredential } from "./credentials/delete-credential.ts";
import { listCredentials } from "./credentials/list-credentials.ts";
import { changeWebhook } from "./events/change-webhook.ts";
import { createWebhook } from "./events/create-webhook.ts";
import { deleteWebhook } from "./events/delete-webhook.ts";
import { disableWebhook } from "./events/disable-webhook.ts";
import { enableWebhook } from "./events/enable-webhook.ts";
import { listDeliveries } from "./events/list-deliveries.ts";
import { listWebhooks } from "./events/list-webhooks.ts";
import { pingWebhook } from "./events/ping-webhook.ts";
import { readWebhook } from "./events/read-webhook.ts";
import { replayWebhook } from "./events/replay-webhook.ts";
import { retryDelivery } from "./events/retry-delivery.ts";
import { rotateWebhookSecret } from "./events/rotate-secret.ts";
import { createException } from "./hygiene/create-exception.ts";
import { deleteException } from "./hygiene/delete-exception.ts";
import { listExceptions } from "./hygiene/list-exceptions.ts";
import { listFindings } from "./hygiene/list-findings.ts";
import { batchKeys } from "./keys/batch-keys.ts";
import { changeKey } from "./keys/change-key.ts";
import { createKey } from "./keys/create-key.ts";
import { deleteKey } from "./keys/delete-key.ts";
import { disableKey } from "./keys/disable-key.ts";
import { enableKey } from "./keys/enable-key.ts";
import { listKeys } from "./keys/list-keys.ts";
import { readKey } from "./keys/read-key.ts";
import { revealKey } from "./keys/reveal-key.ts";
import { rotateKey } from "./keys/rotate-key.ts";
import { listLeaks } from "./leaks/list-leaks.ts";
import { changeAccountPolicy } from "./policies/change-account-policy.ts";
import { changeKeyPolicy } from "./policies/change-key-policy.ts";
import { changeProviderPolicy } from "./policies/change-provider-policy.ts";
import { readAccountPolicy } from "./policies/read-account-policy.ts";
import { readKeyPolicy } from "./policies/read-key-policy.ts";
import { readProviderPolicy } from "./policies/read-provider-policy.ts";
import { listProviders } from "./providers/list-providers.ts";
import { syncProvider } from "./providers/sync-provider.ts";
import { listKillReceipts } from "./receipts/list-receipts.ts";
import { cancelRotation } from "./rotations/cancel-rotation.ts";
import { listRotations } from "./rotations/list-rotations.ts";
import { readRotation } from "./rotations/read-rotation.ts";
import { readUsage } from "./usage/read-usage.ts";
import { settleVerification } from "./verify/settle-verification.ts";
import { verifyForwarded } from "./verify/verify-forwarded.ts";
import { verifyKey } from "./verify/verify-key.ts";
import { verifyKeys } from "./verify/verify-keys.ts";

/** Every operation of the facade. */
export const operations: readonly Operation[] = [
  listProviders,
  syncProvider,
  listKeys,
  createKey,
  readKey,
  changeKey,
  deleteKey,
  enableKey,
  disableKey,
  rotateKey,
  revealKey,
  batchKeys,
  listRotations,
  readRotation,
  cancelRotation,
  listKillReceipts,
  verifyForwarded,
  verifyKey,
  verifyKeys,
  settleVerification,
  readUsage,
  listLeaks,
  listAccounts,
  createAccount,
  readAllowlist,
  changeAllowlist,
  readAccountPolicy,
  changeAccountPolicy,
  readProviderPolicy,
  changeProviderPolicy,
  readKeyPolicy,
  changeKeyPolicy,
  listFindings,
  listExceptions,
  createException,
  deleteException,
  listCredentials,
  createCredential,
  deleteCredential,
  listAudit,
  listRefusals,
  readCheckpoint,
  listWebhooks,
  createWebhook,
  readWebhook,
  changeWebhook,
  deleteWebhook,
  enableWebhook,
  disableWebhook,
  rotateWebhookSecret,
  pingWebhook,
  replayWebhook,
  listDeliveries,
  retryDelivery,
];
