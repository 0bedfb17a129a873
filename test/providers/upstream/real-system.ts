import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Secret } from "../../../lib/keys/secret.ts";
import type { Effects } from "../../../lib/providers/upstream/attempts.ts";
import { bearerClient } from "../../../lib/providers/upstream/bearer.ts";
import type { UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import { tencentClient } from "../../../lib/providers/upstream/tencent.ts";

export const secretId = "AKIDmadeupforthistest0000000000000000";
export const secretKey = "made-up-secret-key-for-this-test";
export const token = "made-up-token-for-this-test";
export const describeKey = {
  surface: "tencent",
  action: "DescribeApiKey",
  input: { Platform: "maas", ApiKeyId: "ak-1" },
} as const;
export const minutes = (count: number): number => count * 60_000;

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const servers: ReturnType<typeof createServer>[] = [];
export const stopRealSystems = (): void => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
};

/** A real system that answers as told, and remembers what it was asked. */
export const answering = async (
  answer: (received: Received, reply: ServerResponse, count: number) => void,
): Promise<{ readonly endpoint: string; readonly received: Received[] }> => {
  const received: Received[] = [];
  const server = createServer(async (incoming, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = "", url: path = "", headers } = incoming;
    const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
    received.push(one);
    answer(one, reply, received.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
};

export const envelope = (reply: ServerResponse, response: object): void =>
  void reply
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ Response: response }));

/** Pauses are written down, not waited for. */
export const effectsOf = (pauses: number[] = []): Effects => ({
  clock: () => new Date(),
  random: () => 0.5,
  sleep: async (ms) => void pauses.push(ms),
});

export const clientOf = (endpoint: string, { effects = effectsOf(), region = "ap-guangzhou" } = {}) =>
  tencentClient(
    {
      endpoint,
      service: "tokenhub",
      version: "2026-03-22",
      region,
      credential: { secretId, secretKey: new Secret(secretKey) },
    },
    effects,
  );

export const restOf = (endpoint: string, effects = effectsOf(), bearer = token) =>
  bearerClient({ endpoint, token: new Secret(bearer) }, effects);

export const failureOf = (promise: Promise<unknown>): Promise<UpstreamFailure> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as UpstreamFailure,
  );
