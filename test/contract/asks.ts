import type { FieldName } from "../../lib/providers/capabilities.ts";
import type { ProviderName } from "../support/facade-client.ts";

/** What is asked for, field by field, in bodies of the facade. */
const asks: Readonly<Record<FieldName, object>> = {
  name: { name: "another-name" },
  description: { description: "in words" },
  status: { status: "disabled" },
  "scope.models": { scope: { models: ["gpt-5.4"] } },
  "scope.endpoints": { scope: { endpoints: ["ep-1"] } },
  ipAllowlist: { ipAllowlist: ["10.0.0.0/24", "192.0.2.7"] },
  "limits.requestsPerMinute": { limits: { requestsPerMinute: 60 } },
  "limits.tokensPerMinute": { limits: { tokensPerMinute: 6000 } },
  "limits.tokenQuotas": { limits: { tokenQuotas: [{ cycle: "day", tokens: "5000", startDay: null }] } },
  sandbox: { sandbox: true },
  expiresAt: { expiresAt: "2100-01-01T00:00:00.000Z" },
  "owner.team": { owner: { team: "00000000-0000-4000-8000-000000000001" } },
  tags: { tags: { stage: "test" } },
  native: {},
  material: {},
};

const bindings = [
  { ResourceId: "gpt-5.4", ResourceType: "model" },
  { ResourceId: "ep-1", ResourceType: "endpoint" },
];
/** TokenHub restricts models and endpoints together. */
const both = { scope: { models: ["gpt-5.4"], endpoints: ["ep-1"] } };

/** Where a service has words of its own. */
const ownAsks: Readonly<Record<ProviderName, Partial<Record<FieldName, object>>>> = {
  tokenhub: {
    "scope.models": both,
    "scope.endpoints": both,
    native: { native: { bindings } },
    material: { material: { kind: "token", value: "sk-made-up-for-a-test" } },
  },
  apigateway: {
    native: { native: { type: "auto" } },
    material: { material: { kind: "pair", id: "manual_id_1", secret: "manual_secret_1" } },
  },
  csip: {
    native: { native: { Exclude: 0, Instances: ["ins-abc12345"] } },
    material: { material: { kind: "fields", fields: [{ name: "password", value: "another-made-up" }] } },
  },
  aione: {
    native: { native: { anything: 1 } },
    material: { material: { kind: "token", value: "sk-nex-made-up-for-a-test" } },
  },
};

/** What differs from a new key's own, where a creation would ask for just that. */
export const ownChanges: Readonly<Record<string, object>> = { apigateway: { native: { type: "manual" } } };

export const askOf = (service: ProviderName, field: FieldName): object =>
  ownAsks[service][field] ?? asks[field];
