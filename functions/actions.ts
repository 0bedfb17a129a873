import type { Action } from "../lib/action.ts";
import { createApiKey } from "./tokenhub/create-api-key.ts";
import { deleteApiKey } from "./tokenhub/delete-api-key.ts";
import { describeApiKey } from "./tokenhub/describe-api-key.ts";
import { describeApiKeyList } from "./tokenhub/describe-api-key-list.ts";
import { modifyApiKeyBindings } from "./tokenhub/modify-api-key-bindings.ts";
import { modifyApiKeyInfo } from "./tokenhub/modify-api-key-info.ts";
import { modifyApiKeyStatus } from "./tokenhub/modify-api-key-status.ts";

/** Every documented action. The HTTP trigger, the deployment and the tests read this table; no action does. */
export const actions: readonly Action[] = [
  createApiKey,
  describeApiKey,
  describeApiKeyList,
  modifyApiKeyInfo,
  modifyApiKeyStatus,
  modifyApiKeyBindings,
  deleteApiKey,
];
