import * as z from "zod";
import { databaseFile } from "../../lib/runtime/data-folder.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { apigatewayClient } from "./apigateway-client.ts";
import { csipClient } from "./csip-client.ts";
import { access, credentialsOf } from "./csip-credentials.ts";
import { callFacade } from "./facade.ts";
import { rootAccount, type TestKeyway } from "./keyway.ts";
import { codeOf, sdkClient } from "./sdk.ts";

type Server = Pick<TestKeyway, "url" | "host" | "root">;

/** What every service can do with keys, by its own client: the promises are tested through this table. */
export interface KeyDriver {
  readonly service: string;
  /** Answers the id. */
  create(name: string): Promise<string>;
  remove(id: string): Promise<void>;
  ids(): Promise<ReadonlySet<string>>;
  /** What the refusal of one key too many looks like. */
  readonly limitCode: string;
  /** `no error`, or the code of the refusal of a creation. */
  createCode(name: string): Promise<string>;
}

const platform = { Platform: "maas" };

const tokenhub = (server: Server): KeyDriver => {
  const client = sdkClient(server);
  const create = (ApiKeyName: string) => client.CreateApiKey({ ApiKeyName, ...platform, BindType: "all" });
  return {
    service: "tokenhub",
    create: async (name) => (await create(name)).ApiKeyId ?? "",
    remove: async (ApiKeyId) => void (await client.DeleteApiKey({ ApiKeyId, ...platform })),
    ids: () =>
      allPages(async (Limit, Offset) => {
        const { ApiKeySet = [] } = await client.DescribeApiKeyList({ Limit, Offset });
        return ApiKeySet.map(({ ApiKeyId = "" }) => ApiKeyId);
      }),
    limitCode: "LimitExceeded",
    createCode: (name) => codeOf(create(name)),
  };
};

const apigateway = (server: Server): KeyDriver => {
  const client = apigatewayClient(server);
  const create = (SecretName: string) => client.CreateApiKey({ SecretName });
  return {
    service: "apigateway",
    create: async (name) => (await create(name)).Result?.AccessKeyId ?? "",
    remove: async (AccessKeyId) => {
      await client.DisableApiKey({ AccessKeyId });
      await client.DeleteApiKey({ AccessKeyId });
    },
    ids: () =>
      allPages(async (Limit, Offset) => {
        const { Result } = await client.DescribeApiKeysStatus({ Limit, Offset });
        return (Result?.ApiKeySet ?? []).map(({ AccessKeyId = "" }) => AccessKeyId);
      }),
    limitCode: "LimitExceeded.ApiKeyCountLimitExceeded",
    createCode: (name) => codeOf(create(name)),
  };
};

const keyPath = "/api/v1/gateway/keys";
const keyReply = z.object({ id: z.string() });

const aione = (server: Server): KeyDriver => {
  const create = (name: string) => callFacade(server, "POST", keyPath, { body: { name } });
  return {
    service: "aione",
    create: async (name) => keyReply.parse((await create(name)).body).id,
    remove: async (id) => {
      const { status } = await callFacade(server, "DELETE", `${keyPath}/${id}`);
      if (status !== 204) throw new Error(`delete answered ${status}`);
    },
    ids: async () => {
      const { body } = await callFacade(server, "GET", keyPath);
      return new Set(
        z
          .object({ items: z.array(keyReply) })
          .parse(body)
          .items.map(({ id }) => id),
      );
    },
    limitCode: "409",
    createCode: async (name) => {
      const { status } = await create(name);
      return status === 200 ? "no error" : String(status);
    },
  };
};

/** Key Sandbox publishes no action that creates a credential: the engine does, in this process. */
const csip = (keyway: TestKeyway): KeyDriver => {
  const credentials = credentialsOf(keyway);
  const create = async (name: string) => (await credentials).create(name, access(["Token", "x".repeat(20)]));
  return {
    service: "csip",
    create,
    remove: async (id) => (await credentials).remove(id),
    ids: () =>
      allPages(async (Limit, Offset) => {
        const client = csipClient(keyway);
        const { Data = [] } = await client.DescribeKeySandboxCredentialList({ Filter: { Limit, Offset } });
        return Data.map(({ CredentialId = "" }) => CredentialId);
      }),
    limitCode: "key_limit_reached",
    createCode: (name) => codeOf(create(name)),
  };
};

/** Across a process: which machines are in the sandbox, read from the store, because no action tells. */
const csipMachines = (server: Server, folder: string): KeyDriver => {
  const client = csipClient(server);
  let serial = 0;
  const run = Math.random().toString(36).slice(2, 8);
  const create = async (): Promise<string> => {
    serial += 1;
    const id = `ins-${run}${serial}`;
    await client.InstallKeySandboxSkill({ InstanceIdList: [id] });
    return id;
  };
  return {
    service: "csip",
    create,
    remove: async (id) => void (await client.UninstallKeySandboxSkill({ InstanceIdList: [id] })),
    ids: async () => {
      const store = await openSqliteStore({ file: databaseFile(folder), writer: inlineWriter });
      const found = await store.listDocuments(rootAccount, "csip", "sandbox-machine", "");
      await store.close();
      return new Set(found.map(({ id }) => id));
    },
    limitCode: "LimitExceeded",
    createCode: () => codeOf(create()),
  };
};

const pageSize = 100;

const allPages = async (
  page: (limit: number, offset: number) => Promise<readonly string[]>,
): Promise<ReadonlySet<string>> => {
  const ids = new Set<string>();
  for (let offset = 0; ; offset += pageSize) {
    const found = await page(pageSize, offset);
    for (const id of found) ids.add(id);
    if (found.length < pageSize) return ids;
  }
};

/** Drivers of a server in this process, one for each service. */
export const keyDrivers: Readonly<Record<string, (keyway: TestKeyway) => KeyDriver>> = {
  tokenhub,
  apigateway,
  csip,
  aione,
};

/** Drivers of a server in another process, on this data folder. */
export const processDrivers = (server: Server, folder: string): readonly KeyDriver[] => [
  tokenhub(server),
  apigateway(server),
  csipMachines(server, folder),
  aione(server),
];
