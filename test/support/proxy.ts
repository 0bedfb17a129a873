import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type IssuedCredential, issueCredential } from "./facade.ts";
import { facadeOf } from "./facade-client.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "./keyway.ts";
import { type RawReply, send } from "./raw.ts";

export interface ShownKey {
  readonly id: string;
  readonly secret: string;
}

export type Headers = Readonly<Record<string, string>>;

export interface AsProxy {
  readonly keyway: TestKeyway;
  readonly facade: ReturnType<typeof facadeOf>;
  /** Its own credential. */
  readonly proxy: IssuedCredential;
  /** A good one, without rules. */
  readonly key: ShownKey;
  readonly make: (body: object, provider?: string) => Promise<ShownKey>;
  readonly ask: (
    headers: Headers,
    options?: { readonly query?: string; readonly method?: string; readonly token?: string },
  ) => Promise<RawReply>;
  stop(): Promise<void>;
}

/** The real server, asked as proxies ask: raw requests, because `fetch` would not send some of these headers. */
export const startAsProxy = async (): Promise<AsProxy> => {
  const folder = temporaryFolder();
  const file = join(folder, "keyway.json");
  writeFileSync(file, JSON.stringify({ verification: { keyHeader: "x-gateway-key", trustedHops: 1 } }));
  const keyway = await startKeyway({ env: { KEYWAY_CONFIG: file } });
  const facade = facadeOf(keyway);
  const proxy = await issueCredential(keyway, "verifier");
  const make: AsProxy["make"] = async (body, provider = "aione") => {
    const { key, material } = await facade.create(provider, body);
    return { id: key.id, secret: String(material?.value ?? material?.secret) };
  };
  return {
    keyway,
    facade,
    proxy,
    key: await make({}),
    make,
    ask: (headers, { query = "", method = "GET", token = proxy.token } = {}) =>
      send(keyway, { method, path: `/v1/verify${query}`, headers: { "x-keyway-token": token, ...headers } }),
    stop: async () => {
      await keyway.stop();
      rmSync(folder, { recursive: true });
    },
  };
};

export const bearer = ({ secret }: ShownKey): Headers => ({ authorization: `Bearer ${secret}` });
export const outcome = ({ status, headers }: RawReply) => [status, headers["x-keyway-status"]];
