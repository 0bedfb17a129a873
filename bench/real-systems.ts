import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * All four real systems, as far as lists go: each answers after a delay of its own (DELAYS), has 20 keys (API Gateway
 * KEYS, where that is given), and takes 20 calls of an action in a second, as documented.
 */
const delays: Readonly<Record<string, number>> = JSON.parse(process.env.DELAYS ?? "{}");
const few = 20;
const many = Number(process.env.KEYS ?? few);
const perSecond = 20;

const time = (place: number): string => new Date(Date.UTC(2026, 0, 1) + place * 1000).toISOString();

const tokenhub = (place: number) => ({
  ApiKeyId: `ak-${place}`,
  ApiKey: "sk-2b***3sQc",
  Name: `key-${place}`,
  Platform: "maas",
  Remark: "",
  Uin: "100000000001",
  SubUin: "100000000001",
  AppId: "1300000001",
  Status: "enable",
  BindType: "all",
  CreateTime: time(place).slice(0, 19).replace("T", " "),
  UpdateTime: time(place).slice(0, 19).replace("T", " "),
  Editable: true,
  BindingItems: [],
  IpWhitelist: [],
  Creator: "",
  QuotaStatus: "",
});
const apigateway = (place: number) => ({
  AccessKeyId: `AKID${String(place).padStart(36, "0")}`,
  AccessKeySecret: "made-up-secret-of-forty-letters-for-this",
  AccessKeyType: "auto",
  SecretName: `key-${place}`,
  Status: 1,
  CreatedTime: time(place),
  ModifiedTime: time(place),
  Tags: [],
});
const csip = (place: number) => ({
  CredentialId: `cred-${place}`,
  CredentialName: `key-${place}`,
  CredentialType: "access",
  CredentialEffectScope: { Exclude: 1, Instances: [] },
  CreateTime: time(place),
  UpdateTime: time(place),
});
const aione = (place: number) => ({
  id: `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`,
  org_id: "00000000-0000-4000-8000-000000000000",
  team_id: null,
  name: `key-${place}`,
  key: null,
  key_prefix: "sk-nex-AbCd",
  models_allowed: null,
  rpm_limit: null,
  tpm_limit: null,
  is_sandbox: false,
  allowed_ips: null,
  expires_at: null,
  rotate_grace_until: null,
  status: "active",
  created_at: time(place),
});

const page = <Key>(of: (place: number) => Key, { Limit = 100, Offset = 0 }, keys = few): Key[] =>
  Array.from({ length: Math.max(0, Math.min(Limit, keys - Offset)) }, (_, place) => of(Offset + place));

const lists: Readonly<Record<string, (input: Record<string, never>) => object>> = {
  tokenhub: (input) => ({ ApiKeySet: page(tokenhub, input), TotalCount: few }),
  apigateway: (input) => ({ Result: { ApiKeySet: page(apigateway, input, many), TotalCount: many } }),
  csip: ({ Filter = {} }) => ({ Data: page(csip, Filter), TotalCount: few }),
};
const services: Readonly<Record<string, string>> = {
  "2026-03-22": "tokenhub",
  "2018-08-08": "apigateway",
  "2022-11-21": "csip",
};

const taken = new Map<string, number[]>();
const isThrottled = (service: string): boolean => {
  const now = performance.now();
  const recent = (taken.get(service) ?? []).filter((at) => now - at < 1000);
  taken.set(service, recent);
  if (recent.length >= perSecond) return true;
  recent.push(now);
  return false;
};

const answer = (incoming: IncomingMessage, body: string): { service: string; text: string } => {
  const service = services[String(incoming.headers["x-tc-version"])];
  const list = service === undefined ? undefined : lists[service];
  if (service === undefined || list === undefined) {
    return { service: "aione", text: JSON.stringify({ items: page(aione, {}), total: few }) };
  }
  const response = isThrottled(service)
    ? { Error: { Code: "RequestLimitExceeded", Message: "" } }
    : list(JSON.parse(body));
  return { service, text: JSON.stringify({ Response: { ...response, RequestId: "r" } }) };
};

const server = createServer(async (incoming, reply) => {
  let body = "";
  for await (const chunk of incoming) body += chunk;
  const { service, text } = answer(incoming, body);
  setTimeout(
    () => reply.writeHead(200, { "content-type": "application/json" }).end(text),
    delays[service] ?? 0,
  );
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
process.on("SIGTERM", () => process.exit(0));
