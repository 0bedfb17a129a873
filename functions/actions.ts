import type { Action } from "../lib/action.ts";
import { createKey } from "./aione/create-key.ts";
import { deleteKey } from "./aione/delete-key.ts";
import { disableKey } from "./aione/disable-key.ts";
import { enableKey } from "./aione/enable-key.ts";
import { getDashboard } from "./aione/get-dashboard.ts";
import { getKey } from "./aione/get-key.ts";
import { getModels } from "./aione/get-models.ts";
import { listKeys } from "./aione/list-keys.ts";
import { listModels } from "./aione/list-models.ts";
import { queryUsage } from "./aione/query-usage.ts";
import { rotateKey } from "./aione/rotate-key.ts";
import { updateKey } from "./aione/update-key.ts";
import { bindSecretIds } from "./apigateway/bind-secret-ids.ts";
import { createApiKey as apigatewayCreateApiKey } from "./apigateway/create-api-key.ts";
import { createUsagePlan } from "./apigateway/create-usage-plan.ts";
import { deleteApiKey as apigatewayDeleteApiKey } from "./apigateway/delete-api-key.ts";
import { deleteUsagePlan } from "./apigateway/delete-usage-plan.ts";
import { describeApiKey as apigatewayDescribeApiKey } from "./apigateway/describe-api-key.ts";
import { describeApiKeysStatus } from "./apigateway/describe-api-keys-status.ts";
import { describeUsagePlan } from "./apigateway/describe-usage-plan.ts";
import { describeUsagePlanSecretIds } from "./apigateway/describe-usage-plan-secret-ids.ts";
import { describeUsagePlansStatus } from "./apigateway/describe-usage-plans-status.ts";
import { disableApiKey } from "./apigateway/disable-api-key.ts";
import { enableApiKey } from "./apigateway/enable-api-key.ts";
import { modifyUsagePlan } from "./apigateway/modify-usage-plan.ts";
import { unBindSecretIds } from "./apigateway/un-bind-secret-ids.ts";
import { updateApiKey } from "./apigateway/update-api-key.ts";
import { describeKeySandboxCredential } from "./csip/describe-key-sandbox-credential.ts";
import { describeKeySandboxCredentialList } from "./csip/describe-key-sandbox-credential-list.ts";
import { installKeySandboxSkill } from "./csip/install-key-sandbox-skill.ts";
import { uninstallKeySandboxSkill } from "./csip/uninstall-key-sandbox-skill.ts";
import { createApiKey as tokenhubCreateApiKey } from "./tokenhub/create-api-key.ts";
import { deleteApiKey as tokenhubDeleteApiKey } from "./tokenhub/delete-api-key.ts";
import { describeApiKey as tokenhubDescribeApiKey } from "./tokenhub/describe-api-key.ts";
import { describeApiKeyList } from "./tokenhub/describe-api-key-list.ts";
import { describeUsageRankList } from "./tokenhub/describe-usage-rank-list.ts";
import { modifyApiKeyBindings } from "./tokenhub/modify-api-key-bindings.ts";
import { modifyApiKeyInfo } from "./tokenhub/modify-api-key-info.ts";
import { modifyApiKeyStatus } from "./tokenhub/modify-api-key-status.ts";

/** Every documented action. The HTTP trigger, the deployment and the tests read this table; no action does. */
export const actions: readonly Action[] = [
  // tokenhub
  tokenhubCreateApiKey,
  tokenhubDescribeApiKey,
  describeApiKeyList,
  modifyApiKeyInfo,
  modifyApiKeyStatus,
  modifyApiKeyBindings,
  tokenhubDeleteApiKey,
  describeUsageRankList,
  // apigateway
  apigatewayCreateApiKey,
  apigatewayDescribeApiKey,
  describeApiKeysStatus,
  updateApiKey,
  enableApiKey,
  disableApiKey,
  apigatewayDeleteApiKey,
  createUsagePlan,
  describeUsagePlan,
  describeUsagePlansStatus,
  modifyUsagePlan,
  deleteUsagePlan,
  bindSecretIds,
  unBindSecretIds,
  describeUsagePlanSecretIds,
  // csip
  describeKeySandboxCredential,
  describeKeySandboxCredentialList,
  installKeySandboxSkill,
  uninstallKeySandboxSkill,
  // aione
  listKeys,
  createKey,
  getKey,
  updateKey,
  deleteKey,
  rotateKey,
  disableKey,
  enableKey,
  listModels,
  getModels,
  queryUsage,
  getDashboard,
];
