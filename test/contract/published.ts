import type { FieldName, OperationName } from "../../lib/providers/capabilities.ts";
import { apigatewayClient } from "../support/apigateway-client.ts";
import { csipClient } from "../support/csip-client.ts";
import { callFacade } from "../support/facade.ts";
import type { ProviderName } from "../support/facade-client.ts";
import { sendSigned } from "../support/raw.ts";
import { sdkClient, type TokenhubClient } from "../support/sdk.ts";
import type { RealSystems } from "../support/upstream.ts";

/**
 * What each service does by itself, as its documentation has it, sent by its own client: this tells `provider` from
 * `keyway`. A field or an operation that is not here is in no request that the service publishes.
 */
export interface Published {
  /** A key that is asked for the field as `asks.ts` has it; answers its id. */
  readonly create: Partial<Record<FieldName, (at: RealSystems) => Promise<string>>>;
  /** Of the key with this id, or of one that the service lets be changed so: answers whose. */
  readonly change: Partial<Record<FieldName, (at: RealSystems, id: string) => Promise<string>>>;
  /** Answers what the service said, of a creation the id. */
  readonly operations: Partial<Record<OperationName, (at: RealSystems, id: string) => Promise<unknown>>>;
}

type Fragments<Request> = Partial<Record<FieldName, Partial<Request>>>;

const each = <Request, Rest extends readonly unknown[], Reply>(
  fragments: Fragments<Request>,
  send: (at: RealSystems, fragment: Partial<Request>, ...rest: Rest) => Promise<Reply>,
): Partial<Record<FieldName, (at: RealSystems, ...rest: Rest) => Promise<Reply>>> =>
  Object.fromEntries(
    Object.entries(fragments).map(([field, fragment]) => [
      field,
      (at: RealSystems, ...rest: Rest) => send(at, fragment, ...rest),
    ]),
  );

type CreateApiKey = Parameters<TokenhubClient["CreateApiKey"]>[0];
type ModifyApiKeyInfo = Parameters<TokenhubClient["ModifyApiKeyInfo"]>[0];

const maas = { Platform: "maas" };
const restricted = {
  BindType: "model_custom_endpoint_custom",
  Bindings: [
    { ResourceId: "gpt-5.4", ResourceType: "model" },
    { ResourceId: "ep-1", ResourceType: "endpoint" },
  ],
};
const addresses = ["10.0.0.0/24", "192.0.2.7"];
const daily = [{ CycleUnit: "d", CycleCredits: "5000" }];

const makeToken = async (at: RealSystems, fragment: Partial<CreateApiKey>): Promise<string> => {
  const asked = { ApiKeyName: "a-key", ...maas, BindType: "all", ...fragment };
  return (await sdkClient(at).CreateApiKey(asked)).ApiKeyId ?? "";
};
/** Seen in a public client of the service and in none of its SDKs. */
const rebind = async (at: RealSystems, ApiKeyId: string): Promise<string> => {
  const reply = await sendSigned(
    at,
    "ModifyApiKeyBindings",
    JSON.stringify({ ApiKeyId, ...maas, ...restricted }),
  );
  if (reply.code !== "ok") throw new Error(reply.text);
  return ApiKeyId;
};
const setToken = (at: RealSystems, ApiKeyId: string, Status: string): Promise<unknown> =>
  sdkClient(at).ModifyApiKeyStatus({ ApiKeyId, ...maas, Status });

const tokenhub: Published = {
  create: each<CreateApiKey, [], string>(
    {
      name: { ApiKeyName: "another-name" },
      description: { Remark: "in words" },
      status: { Status: "disable" },
      "scope.models": restricted,
      "scope.endpoints": restricted,
      native: restricted,
      ipAllowlist: { IpWhitelist: addresses },
      "limits.tokenQuotas": { Quotas: daily },
    },
    makeToken,
  ),
  change: {
    ...each<ModifyApiKeyInfo, [string], string>(
      {
        description: { Remark: "in words" },
        ipAllowlist: { IpWhitelist: addresses },
        "limits.tokenQuotas": { QuotasDesired: daily },
      },
      async (at, fragment, ApiKeyId) => {
        await sdkClient(at).ModifyApiKeyInfo({ ApiKeyId, ...maas, ...fragment });
        return ApiKeyId;
      },
    ),
    "scope.models": rebind,
    "scope.endpoints": rebind,
    native: rebind,
  },
  operations: {
    list: (at) => sdkClient(at).DescribeApiKeyList({ Limit: 100 }),
    read: (at, ApiKeyId) => sdkClient(at).DescribeApiKey({ ApiKeyId, ...maas }),
    reveal: (at, ApiKeyId) => sdkClient(at).DescribeApiKey({ ApiKeyId, ...maas }),
    create: (at) => makeToken(at, {}),
    change: (at, ApiKeyId) => sdkClient(at).ModifyApiKeyInfo({ ApiKeyId, ...maas, Remark: "in words" }),
    delete: (at, ApiKeyId) => sdkClient(at).DeleteApiKey({ ApiKeyId, ...maas }),
    enable: async (at, id) => {
      await setToken(at, id, "disable");
      return setToken(at, id, "enable");
    },
    disable: (at, id) => setToken(at, id, "disable"),
  },
};

const AccessKeySecret = "manual_secret_1";
type MakePair = Parameters<ReturnType<typeof apigatewayClient>["CreateApiKey"]>[0];
const makePair = async (at: RealSystems, fragment: Partial<MakePair>): Promise<string> =>
  (await apigatewayClient(at).CreateApiKey({ SecretName: "a-key", ...fragment })).Result?.AccessKeyId ?? "";

const apigateway: Published = {
  create: each<MakePair, [], string>(
    {
      name: { SecretName: "another-name" },
      native: { AccessKeyType: "auto" },
      material: { AccessKeyType: "manual", AccessKeyId: "manual_id_3", AccessKeySecret },
      tags: { Tags: [{ Key: "stage", Value: "test" }] },
    },
    makePair,
  ),
  change: {
    // Of a manual key alone.
    material: async (at) => {
      const AccessKeyId = "manual_id_2";
      await makePair(at, { AccessKeyType: "manual", AccessKeyId, AccessKeySecret: "manual_secret_2" });
      await apigatewayClient(at).UpdateApiKey({ AccessKeyId, AccessKeySecret });
      return AccessKeyId;
    },
  },
  operations: {
    list: (at) => apigatewayClient(at).DescribeApiKeysStatus({ Limit: 100 }),
    read: (at, AccessKeyId) => apigatewayClient(at).DescribeApiKey({ AccessKeyId }),
    reveal: (at, AccessKeyId) => apigatewayClient(at).DescribeApiKey({ AccessKeyId }),
    create: (at) => makePair(at, {}),
    delete: async (at, AccessKeyId) => {
      await apigatewayClient(at).DisableApiKey({ AccessKeyId });
      return apigatewayClient(at).DeleteApiKey({ AccessKeyId });
    },
    enable: async (at, AccessKeyId) => {
      await apigatewayClient(at).DisableApiKey({ AccessKeyId });
      return apigatewayClient(at).EnableApiKey({ AccessKeyId });
    },
    disable: (at, AccessKeyId) => apigatewayClient(at).DisableApiKey({ AccessKeyId }),
    rotate: (at, AccessKeyId) => apigatewayClient(at).UpdateApiKey({ AccessKeyId }),
  },
};

/** Nothing that makes or changes a credential is published. */
const csip: Published = {
  create: {},
  change: {},
  operations: {
    list: (at) => csipClient(at).DescribeKeySandboxCredentialList({ Filter: { Limit: 100 } }),
    read: (at, CredentialId) => csipClient(at).DescribeKeySandboxCredential({ CredentialId }),
  },
};

const restPath = "/api/v1/gateway/keys";
const rest = async (at: RealSystems, method: string, path: string, body?: object): Promise<unknown> => {
  const reply = await callFacade(at, method, `${restPath}${path}`, body === undefined ? {} : { body });
  if (reply.status >= 300) throw new Error(reply.text);
  return reply.body;
};
const makeRest = async (at: RealSystems, fragment: object): Promise<string> =>
  ((await rest(at, "POST", "", { name: "a-key", ...fragment })) as { id: string }).id;

const restFields = {
  name: { name: "another-name" },
  "scope.models": { models_allowed: ["gpt-5.4"] },
  ipAllowlist: { allowed_ips: addresses },
  "limits.requestsPerMinute": { rpm_limit: 60 },
  "limits.tokensPerMinute": { tpm_limit: 6000 },
};

/** A rotation takes no body: how long the old secret works is the service's own. */
const aione: Published = {
  create: each<object, [], string>(
    {
      ...restFields,
      sandbox: { is_sandbox: true },
      expiresAt: { expires_at: "2100-01-01T00:00:00Z" },
      "owner.team": { team_id: "00000000-0000-4000-8000-000000000001" },
    },
    makeRest,
  ),
  change: each<object, [string], string>(restFields, async (at, fragment, id) => {
    await rest(at, "PUT", `/${id}`, fragment);
    return id;
  }),
  operations: {
    list: (at) => rest(at, "GET", ""),
    read: (at, id) => rest(at, "GET", `/${id}`),
    create: (at) => makeRest(at, {}),
    change: (at, id) => rest(at, "PUT", `/${id}`, { name: "another-name" }),
    delete: (at, id) => rest(at, "DELETE", `/${id}`),
    enable: async (at, id) => {
      await rest(at, "PUT", `/${id}/disable`);
      return rest(at, "PUT", `/${id}/enable`);
    },
    disable: (at, id) => rest(at, "PUT", `/${id}/disable`),
    rotate: (at, id) => rest(at, "PUT", `/${id}/rotate`),
  },
};

export const published: Readonly<Record<ProviderName, Published>> = { tokenhub, apigateway, csip, aione };
