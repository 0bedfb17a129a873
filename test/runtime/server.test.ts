import { readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { get as httpsGet } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callFacade, issueCredential } from "../support/facade.ts";
import { madeUpRoot, nobody, startKeyway, temporaryFolder } from "../support/keyway.ts";
import { runTask, spawnKeyway, spawnServer } from "../support/process.ts";
import { send } from "../support/raw.ts";
import { codeOf, sdkClient } from "../support/sdk.ts";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const platform = { Platform: "maas" };

describe("SIGTERM", () => {
  it("cuts no request and loses nothing", async () => {
    const keyway = await spawnKeyway(madeUpRoot(), { KEYWAY_DATA: folder });
    const client = sdkClient(keyway);
    const outcomes: { readonly id?: string; readonly message?: string }[] = [];
    const stream = async (): Promise<void> => {
      for (;;) {
        const outcome = await client.CreateApiKey({ ApiKeyName: "n", ...platform, BindType: "all" }).then(
          ({ ApiKeyId = "" }) => ({ id: ApiKeyId }),
          (error: { code?: string; message: string }) => ({ message: error.code ?? error.message }),
        );
        outcomes.push(outcome);
        if ("message" in outcome && outcome.message !== "LimitExceeded") return;
      }
    };
    const streams = Promise.all(Array.from({ length: 8 }, stream));
    while (outcomes.length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await keyway.end("SIGTERM")).toBe(0);
    await streams;
    // Who came too late was not let in: no answer, and, as the list below shows, no key either.
    const failures = outcomes.flatMap(({ message }) => (message === "LimitExceeded" ? [] : (message ?? [])));
    for (const failure of failures) expect(failure).toMatch(/ECONNREFUSED|ECONNRESET/);
    const acknowledged = outcomes.flatMap(({ id }) => id ?? []);
    const again = await startKeyway({ folder, root: keyway.root, keep: true });
    const { ApiKeySet = [] } = await sdkClient(again).DescribeApiKeyList({ Limit: 100 });
    expect(ApiKeySet.map(({ ApiKeyId }) => ApiKeyId).sort()).toEqual(acknowledged.sort());
    await again.stop();
    expect(runTask("audit-verify", [], { KEYWAY_DATA: folder }).output).toContain("the chain holds");
  });

  it("answers what is on its way over a kept-alive connection, and says that it closes", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = (): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        request(`${keyway.url}/healthz`, { agent }, (response) => {
          response.resume();
          response.on("end", () => resolve(response.headers.connection));
        })
          .on("error", reject)
          .end();
      });
    expect(await get()).toBe("keep-alive");
    const stopped = keyway.stop();
    expect(await get()).toBe("close");
    await stopped;
    agent.destroy();
  });
});

describe("the start", () => {
  it("shows a new root credential once, and never again", async () => {
    const first = spawnServer({ KEYWAY_DATA: folder });
    await first.listening;
    first.process.kill("SIGTERM");
    expect(await first.exited).toBe(0);
    expect(first.stdout().match(/^export TENCENTCLOUD_SECRET_ID=AKID[0-9A-Za-z]{32}$/gm)).toHaveLength(1);
    const second = spawnServer({ KEYWAY_DATA: folder });
    await second.listening;
    second.process.kill("SIGTERM");
    await second.exited;
    expect(second.stdout()).not.toContain("export");
    expect(second.stdout()).toMatch(/^keyway listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it("replaces the root credential by the configured one; the old one fails at once, also on a running server", async () => {
    const running = await startKeyway({ folder, keep: true });
    const before = running.root;
    expect(await codeOf(sdkClient(running).DescribeApiKeyList({}))).toBe("no error");
    const next = await startKeyway({ folder, keep: true, root: madeUpRoot() });
    for (const keyway of [running, next]) {
      const old = sdkClient({ host: keyway.host, root: before });
      expect(await codeOf(old.DescribeApiKeyList({}))).toBe("AuthFailure.SecretIdNotFound");
      expect((await callFacade(keyway, "GET", "/v1/credentials", { token: before.token })).status).toBe(401);
      const now = sdkClient({ host: keyway.host, root: next.root });
      expect(await codeOf(now.DescribeApiKeyList({}))).toBe("no error");
    }
    await Promise.all([running.stop(), next.stop()]);
  });

  it("of two processes on an empty folder makes one store", async () => {
    const [one, two] = [spawnServer({ KEYWAY_DATA: folder }), spawnServer({ KEYWAY_DATA: folder })];
    await Promise.all([one.listening, two.listening]);
    const shown = [one, two].flatMap((server) => [
      ...server.stdout().matchAll(/^export KEYWAY_TOKEN=(\S+)$/gm),
    ]);
    expect(shown).toHaveLength(1);
    const [, token = ""] = shown[0] ?? [];
    for (const server of [one, two]) {
      const url = await server.listening;
      expect(
        (await callFacade({ url, root: madeUpRoot() }, "GET", "/v1/credentials", { token })).status,
      ).toBe(200);
      server.process.kill("SIGTERM");
    }
    expect(await Promise.all([one.exited, two.exited])).toEqual([0, 0]);
  });

  it("says in words that the configured root is another credential's", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    const other = await issueCredential(keyway, "admin");
    await keyway.stop();
    const fault = await startKeyway({
      folder,
      keep: true,
      root: { ...madeUpRoot(), secretId: other.secretId },
    }).catch((error: unknown) => error);
    expect(String(fault)).toContain("of another credential");
    const again = await startKeyway({ folder, keep: true, root: keyway.root });
    await callFacade(again, "DELETE", "/v1/credentials/root");
    await again.stop();
    const second = await startKeyway({
      folder,
      keep: true,
      root: { ...madeUpRoot(), token: other.token },
    }).catch((error: unknown) => error);
    expect(String(second)).toContain("of another credential");
  });

  it("says in words what is wrong, without a stack", async () => {
    const server = spawnServer({ KEYWAY_DATA: folder, HOST: "0.0.0.0", KEYWAY_ACTION_RPS: "many" });
    expect(await server.exited).toBe(1);
    expect(server.stderr()).toContain("KEYWAY_ACTION_RPS");
    expect(server.stderr()).not.toContain("    at ");
  });

  it("removed roots stay removed", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    await callFacade(keyway, "POST", "/v1/credentials", { body: { name: "n", role: "admin" } });
    expect((await callFacade(keyway, "DELETE", "/v1/credentials/root")).status).toBe(204);
    await keyway.stop();
    const server = spawnServer({ KEYWAY_DATA: folder });
    await server.listening;
    server.process.kill("SIGTERM");
    await server.exited;
    expect(server.stdout()).not.toContain("export");
  });
});

describe("on the wire", () => {
  it("garbage, half requests and a body that stops midway harm nobody else", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    const port = Number(new URL(keyway.url).port);
    const raw = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(text);
          setTimeout(() => socket.destroy(), 50);
        });
        socket.on("error", () => undefined);
        socket.on("close", () => resolve());
      });
    await Promise.all([
      raw("garbage\r\n\r\n"),
      raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"),
      raw("GET / HTTP/1.1\r\n"),
      raw(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100_000)}\r\n\r\n`),
    ]);
    expect((await send(keyway, { method: "GET", path: "/healthz" })).text).toBe('{"status":"ok"}');
    await keyway.stop();
  });

  it("a body in chunks of one byte is kept in as many bytes, and a longer one than allowed not at all", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    const body = `{"Limit":1${" ".repeat(20_000)}}`;
    const text = [...body].map((letter) => `1\r\n${letter}\r\n`).join("");
    const head = `POST / HTTP/1.1\r\nHost: ${keyway.host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const reply = await new Promise<string>((resolve, reject) => {
      let received = "";
      const socket = connect(Number(new URL(keyway.url).port), "127.0.0.1", () =>
        socket.end(`${head}${text}0\r\n\r\n`),
      );
      socket.on("data", (chunk) => {
        received += chunk;
      });
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    expect(reply).toContain("MissingParameter");
    await keyway.stop();
  });

  it("a request line beyond what the parser takes gets the surface's own refusal", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    const reply = await send(keyway, { method: "GET", path: `/?x=${"x".repeat(100_000)}` });
    expect([reply.status, reply.code]).toEqual([200, "RequestSizeLimitExceeded"]);
    await keyway.stop();
  });

  it("speaks TLS with the given certificate", async () => {
    const tls = join(import.meta.dirname, "../vectors/tls");
    const cert = join(tls, "localhost.crt");
    const env = { KEYWAY_TLS_CERT: cert, KEYWAY_TLS_KEY: join(tls, "localhost.key") };
    const keyway = await startKeyway({ folder, keep: true, env });
    expect(keyway.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      httpsGet(`${keyway.url}/healthz`, { ca: readFileSync(cert), agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });
    expect(status).toBe(200);
    await keyway.stop();
  });

  it("behind a proxy the address is the one that the nearest proxy saw", async () => {
    const keyway = await startKeyway({ folder, keep: true, env: { KEYWAY_BEHIND_PROXY: "1" } });
    await send(keyway, { headers: { "x-forwarded-for": "6.6.6.6, 9.9.9.9" } });
    await keyway.house.refusals.flush();
    const { items } = await keyway.house.store.listRefusals(nobody, null, 10);
    expect(items.map(({ lastIp }) => lastIp)).toEqual(["9.9.9.9"]);
    await keyway.stop();
  });

  it("without one, a header claims nothing", async () => {
    const keyway = await startKeyway({ folder, keep: true });
    await send(keyway, { headers: { "x-forwarded-for": "6.6.6.6" } });
    await keyway.house.refusals.flush();
    const { items } = await keyway.house.store.listRefusals(nobody, null, 10);
    expect(items.map(({ lastIp }) => lastIp)).toEqual(["127.0.0.1"]);
    await keyway.stop();
  });
});
