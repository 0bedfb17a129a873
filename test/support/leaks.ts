import { createHmac, generateKeyPairSync, hash, randomBytes, sign } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseWebhookKey, signWebhook } from "../../lib/signing/standard-webhooks.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "./keyway.ts";

/** Keyway with every sender of leak reports configured, and those senders, played with keys made up for the run. */

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

type Headers = Readonly<Record<string, string>>;

/** What GitHub serves: its keys, and alerts with their secrets. */
export interface TestGithub {
  readonly url: string;
  readonly keyId: string;
  readonly sign: (body: string) => string;
  /** How often its keys were asked for. */
  readonly keyCalls: () => number;
  /** By `owner/name#1`. */
  readonly alerts: Map<string, string>;
  readonly alertCalls: string[];
  /** Answers every call with this status while it is set. */
  failing: number | undefined;
  /** In place of the list of keys. */
  list: string | undefined;
  stop(): Promise<void>;
}

export const startGithub = async (token: string): Promise<TestGithub> => {
  const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const key = pair.publicKey.export({ format: "pem", type: "spki" }).toString();
  const keyId = hash("sha256", key);
  const alerts = new Map<string, string>();
  const alertCalls: string[] = [];
  let keyCalls = 0;
  const list = JSON.stringify({ public_keys: [{ key_identifier: keyId, key, is_current: true }] });
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/keys") keyCalls += 1;
    else alertCalls.push(path);
    if (github.failing !== undefined) {
      response.writeHead(github.failing, { location: "/elsewhere" }).end();
      return;
    }
    if (path === "/keys") {
      const body = github.list ?? list;
      const etag = `"${hash("sha256", body)}"`;
      if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag }).end(body);
      return;
    }
    const [, repository, number] = /^\/repos\/(.+)\/secret-scanning\/alerts\/(\d+)$/.exec(path) ?? [];
    const secret = alerts.get(`${repository}#${number}`);
    const isMine = request.headers.authorization === `Bearer ${token}`;
    if (secret === undefined || !isMine) response.writeHead(404).end("{}");
    else response.writeHead(200).end(JSON.stringify({ number: Number(number), secret }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const github: TestGithub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keyId,
    sign: (body) => sign("sha256", Buffer.from(body), pair.privateKey).toString("base64"),
    keyCalls: () => keyCalls,
    alerts,
    alertCalls,
    failing: undefined,
    list: undefined,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return github;
};

const madeUp = (): string => randomBytes(24).toString("hex");

export interface LeakWorld {
  readonly keyway: TestKeyway;
  readonly github: TestGithub;
  readonly secrets: Readonly<
    Record<"hub" | "gitlab" | "gitguardian" | "webhook" | "oldWebhook" | "api", string>
  >;
  readonly post: (path: string, body: string, headers?: Headers) => Promise<Reply>;
  readonly fromGithub: (matches: unknown, headers?: Headers) => Promise<Reply>;
  readonly fromRepository: (event: unknown, headers?: Headers) => Promise<Reply>;
  readonly fromGitlab: (leaks: unknown, headers?: Headers) => Promise<Reply>;
  readonly fromGitguardian: (event: unknown, headers?: Headers) => Promise<Reply>;
  readonly fromScanner: (
    leaks: unknown,
    more?: { readonly id?: string; readonly secret?: string },
  ) => Promise<Reply>;
  /** From an address that nobody else uses, so that the limit of one address is not met. */
  readonly fromAnybody: (body: unknown, headers?: Headers) => Promise<Reply>;
  /** Another server on the same data, with the same senders. */
  readonly beside: () => Promise<TestKeyway>;
  stop(): Promise<void>;
}

let addresses = 0;
export const newAddress = (): string => {
  addresses += 1;
  return `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
};

export const startLeakWorld = async (): Promise<LeakWorld> => {
  const folder = temporaryFolder();
  const secrets = {
    hub: madeUp(),
    gitlab: madeUp(),
    gitguardian: madeUp(),
    webhook: `whsec_${randomBytes(32).toString("base64")}`,
    oldWebhook: `whsec_${randomBytes(32).toString("base64")}`,
    api: madeUp(),
  };
  const github = await startGithub(secrets.api);
  const file = join(folder, "keyway.json");
  const leaks = {
    github: { keysUrl: `${github.url}/keys`, types: { aione_key: "aione" } },
    githubRepository: { secretEnv: "HUB", alerts: { url: github.url, tokenEnv: "API" } },
    gitlab: { tokenEnv: "GITLAB", signingSecretsEnv: ["WEBHOOK"] },
    gitguardian: { tokenEnv: "GITGUARDIAN" },
    reports: { secretsEnv: ["WEBHOOK", "OLD_WEBHOOK"] },
  };
  writeFileSync(file, JSON.stringify({ leaks }));
  const env = {
    KEYWAY_CONFIG: file,
    KEYWAY_BEHIND_PROXY: "1",
    HUB: secrets.hub,
    API: secrets.api,
    GITLAB: secrets.gitlab,
    GITGUARDIAN: secrets.gitguardian,
    WEBHOOK: secrets.webhook,
    OLD_WEBHOOK: secrets.oldWebhook,
  };
  const keyway = await startKeyway({ env });
  const post = async (path: string, body: string, headers: Headers = {}): Promise<Reply> => {
    const sent = { "content-type": "application/json", ...headers };
    const response = await fetch(`${keyway.url}${path}`, { method: "POST", headers: sent, body });
    const text = await response.text();
    return { status: response.status, text, body: text === "" ? undefined : JSON.parse(text) };
  };
  const now = (): number => Math.floor(Date.now() / 1000);
  return {
    keyway,
    github,
    secrets,
    post,
    fromGithub: (matches, headers) => {
      const body = JSON.stringify(matches);
      const own = {
        "github-public-key-identifier": github.keyId,
        "github-public-key-signature": github.sign(body),
      };
      return post("/webhooks/github/secret-scanning", body, { ...own, ...headers });
    },
    fromRepository: (event, headers) => {
      const body = JSON.stringify(event);
      const own = {
        "x-github-event": "secret_scanning_alert",
        "x-github-delivery": madeUp(),
        "x-hub-signature-256": `sha256=${createHmac("sha256", secrets.hub).update(body).digest("hex")}`,
      };
      return post("/webhooks/github/repository", body, { ...own, ...headers });
    },
    fromGitlab: (found, headers) =>
      post("/webhooks/gitlab", JSON.stringify(found), headers ?? { "x-gitlab-token": secrets.gitlab }),
    fromGitguardian: (event, headers) => {
      const body = JSON.stringify(event);
      const timestamp = `${now()}`;
      const mac = createHmac("sha256", `${timestamp}${secrets.gitguardian}`).update(body).digest("hex");
      const own = { timestamp, "gitguardian-signature": `sha256=${mac}` };
      return post("/webhooks/gitguardian", body, { ...own, ...headers });
    },
    fromScanner: (found, { id = `msg_${madeUp()}`, secret = secrets.webhook } = {}) => {
      const body = JSON.stringify({
        type: "leak.reported",
        timestamp: new Date().toISOString(),
        data: { leaks: found },
      });
      return post("/webhooks/reports", body, standardHeaders(body, id, now(), secret));
    },
    fromAnybody: (body, headers = {}) =>
      post("/v1/leaks", JSON.stringify(body), { "x-forwarded-for": newAddress(), ...headers }),
    beside: () => startKeyway({ env, folder: keyway.folder, root: keyway.root, keep: true }),
    stop: async () => {
      await keyway.stop();
      await github.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export const standardHeaders = (body: string, id: string, seconds: number, secret: string): Headers => {
  const key = parseWebhookKey(secret);
  if (key === undefined) throw new Error("not a key");
  const signed = signWebhook({ id, seconds, body: Buffer.from(body) }, [key]);
  return {
    "webhook-id": signed.id,
    "webhook-timestamp": signed.timestamp,
    "webhook-signature": signed.signature,
  };
};
