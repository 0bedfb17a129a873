import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createPlainServer, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import type { UpstreamClient } from "../../../lib/providers/upstream/attempts.ts";
import { isUnsent } from "../../../lib/providers/upstream/outbound.ts";
import { refusalOf } from "../../../lib/providers/upstream/refusal.ts";
import {
  answering,
  clientOf,
  describeKey,
  effectsOf,
  failureOf,
  restOf,
  secretId,
  secretKey,
  stopRealSystems,
  token,
} from "./real-system.ts";

afterEach(stopRealSystems);

const half = (reply: ServerResponse): void => {
  reply.writeHead(200, { "content-length": 100 });
  reply.write(`{"Response":{"Secret":"${secretKey}`, () => reply.destroy());
};
const huge = (reply: ServerResponse): void => {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  const push = (): void => {
    while (!reply.destroyed && reply.write(chunk));
    if (!reply.destroyed) reply.once("drain", push);
  };
  push();
};
const redirect = (reply: ServerResponse): void =>
  void reply.writeHead(307, { location: "http://127.0.0.1:9/" }).end(secretKey);

const faults = {
  "a reset": [(reply: ServerResponse) => void reply.destroy(), "connection_lost", 0],
  "half a body": [half, "connection_lost", 0],
  "a body without end": [huge, "reply_too_large", 0],
  "a redirect": [redirect, "redirected", 307],
  "a 500": [(reply: ServerResponse) => void reply.writeHead(500).end(token), "http_500", 500],
  "no JSON": [(reply: ServerResponse) => void reply.end(`<html>${token}`), "reply_unreadable", 200],
} as const;
const kinds = {
  "API 3.0": (endpoint: string) => [clientOf(endpoint), describeKey] as const,
  REST: (endpoint: string) => [restOf(endpoint), { surface: "rest", method: "PUT", path: "/x" }] as const,
} as const;

type Told = { readonly client: UpstreamClient; readonly call: Parameters<UpstreamClient["call"]>[0] };
const of = (kind: keyof typeof kinds, endpoint: string): Told => {
  const [client, call] = kinds[kind](endpoint);
  return { client, call };
};
const timeoutMs = 10_000;

const cases = (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind) =>
  (Object.keys(faults) as (keyof typeof faults)[]).map((fault) => [kind, fault] as const),
);

describe.each(cases)("over %s, %s", (kind, fault) => {
  const [answer, code, status] = faults[fault];

  it("leaves a change unknown and is not sent twice; a reading is, four times in all", async () => {
    const { endpoint, received } = await answering((_, reply) => answer(reply));
    const { client, call } = of(kind, endpoint);
    const write = await failureOf(client.call(call, { reads: false, timeoutMs }));
    expect(write).toMatchObject({ kind: "unknown", code, status });
    expect(received).toHaveLength(1);
    expect(await failureOf(client.call(call, { reads: true, timeoutMs }))).toMatchObject({ code });
    expect(received).toHaveLength(5);
  });

  it("puts no secret and no address into what is told of it", async () => {
    const { endpoint } = await answering((_, reply) => answer(reply));
    const { client, call } = of(kind, endpoint);
    const failure = await failureOf(client.call(call, { reads: false, timeoutMs }));
    const told = inspect([failure, failure.stack, failure.cause, refusalOf(failure, "p")], {
      depth: 10,
      showHidden: true,
    });
    for (const secret of [secretId, secretKey, token, endpoint]) expect(told).not.toContain(secret);
  });
});

describe("the time of a call", () => {
  it("ends when the caller leaves, even before it was sent", async () => {
    const leaving = new AbortController();
    const { endpoint, received } = await answering(() => leaving.abort());
    const { client, call } = of("API 3.0", endpoint);
    const options = { reads: false, timeoutMs, signal: leaving.signal };
    expect(await failureOf(client.call(call, options))).toMatchObject({ kind: "unknown", code: "timeout" });
    expect(await failureOf(client.call(call, options))).toMatchObject({ code: "timeout" });
    expect(received).toHaveLength(1);
  });

  it("that ends in a pause leaves what is known of the call", async () => {
    const leaving = new AbortController();
    const { endpoint, received } = await answering((_, reply) => void reply.writeHead(429).end());
    const client = restOf(endpoint, {
      clock: () => new Date(),
      random: () => 0,
      sleep: async () => leaving.abort(),
    });
    const failure = await failureOf(
      client.call(
        { surface: "rest", method: "PUT", path: "/x" },
        { reads: false, timeoutMs, signal: leaving.signal },
      ),
    );
    expect(failure).toMatchObject({ kind: "answered", code: "http_429" });
    expect(received).toHaveLength(1);
  });
});

const read = (name: string): Buffer => readFileSync(new URL(`../../vectors/tls/${name}`, import.meta.url));

describe("a call that never left", () => {
  const changing = { reads: false, timeoutMs } as const;
  const unsent = { kind: "unsent", code: "connect_failed", status: 0 };

  it("is one that a port refused, and a change is sent again", async () => {
    const { endpoint } = await answering(() => undefined);
    stopRealSystems();
    const pauses: number[] = [];
    const effects = {
      clock: () => new Date(),
      random: () => 0.5,
      sleep: async (ms: number) => void pauses.push(ms),
    };
    const failure = await failureOf(clientOf(endpoint, { effects }).call(describeKey, changing));
    expect(failure).toMatchObject(unsent);
    expect(pauses).toEqual([50, 100, 200]);
  });

  it("is one whose name nobody knows", async () => {
    const client = clientOf("http://nobody.invalid:8080");
    expect(await failureOf(client.call(describeKey, changing))).toMatchObject(unsent);
  });

  it("is one to a house whose certificate nobody vouches for", async () => {
    let heard = 0;
    const server = createTlsServer({ key: read("localhost.key"), cert: read("localhost.crt") }, () => {
      heard++;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = clientOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const failure = await failureOf(client.call(describeKey, changing));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(failure).toMatchObject(unsent);
    expect(heard).toBe(0);
  });

  const broken = (code: string, syscall: string): Error => Object.assign(new Error(code), { code, syscall });

  // No server on this machine can answer so: an address that is silent, and a way that breaks under a connection.
  it.each([
    [
      "each address of a name fails, whichever way",
      new AggregateError([broken("ETIMEDOUT", "connect"), broken("ECONNREFUSED", "connect")]),
      true,
    ],
    ["a connection in use loses its way", broken("EHOSTUNREACH", "write"), false],
    [
      "one of several errors is of a connection in use",
      new AggregateError([broken("ECONNREFUSED", "connect"), broken("EPIPE", "write")]),
      false,
    ],
    ["nothing is known of the error", undefined, false],
  ])("is told from one that may have: %s", (_, error, unsent) => {
    expect(isUnsent(error)).toBe(unsent);
  });

  it("is not one that was read before the line was spoilt: a change is made once", async () => {
    let heard = 0;
    const house = createTlsServer({ key: read("localhost.key"), cert: read("localhost.crt") }, (incoming) => {
      incoming.resume().on("end", () => {
        heard++;
        for (const client of clients) client.write("no record of TLS");
      });
    });
    await new Promise<void>((resolve) => house.listen(0, "127.0.0.1", resolve));
    // Between the two, so that what comes to the client is not sealed by the house.
    const clients = new Set<Socket>();
    const between = createPlainServer((client) => {
      clients.add(client);
      const inner = connect((house.address() as AddressInfo).port, "127.0.0.1");
      client.pipe(inner).pipe(client);
      for (const socket of [client, inner]) socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
    const trusted = getCACertificates("default");
    setDefaultCACertificates([...trusted, read("localhost.crt").toString()]);
    const client = clientOf(`https://127.0.0.1:${(between.address() as AddressInfo).port}`);
    const failure = await failureOf(client.call(describeKey, changing));
    setDefaultCACertificates(trusted);
    for (const socket of clients) socket.destroy();
    house.closeAllConnections();
    await Promise.all([house, between].map((one) => new Promise((resolve) => one.close(resolve))));
    expect(failure).toMatchObject({ kind: "unknown", code: "connection_lost" });
    expect(heard).toBe(1);
  });

  it("is one with a character that no header may have", async () => {
    const { endpoint, received } = await answering((_, reply) => void reply.end());
    const client = restOf(endpoint, effectsOf(), "a\nb");
    const call = { surface: "rest", method: "PUT", path: "/x" } as const;
    const failure = await failureOf(client.call(call, changing));
    expect(failure).toMatchObject({ kind: "unsent", code: "request_invalid" });
    expect(received).toHaveLength(0);
  });

  it("is one that was called off while the connection was being made", async () => {
    const silent = createPlainServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const client = clientOf(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const options = { ...changing, signal: AbortSignal.timeout(200) };
    const failure = await failureOf(client.call(describeKey, options));
    silent.close();
    expect(failure).toMatchObject({ kind: "unsent", code: "timeout" });
  });

  it("is not one that is answered by another protocol", async () => {
    const { endpoint } = await answering((_, reply) => {
      reply.writeHead(101, { connection: "upgrade", upgrade: "other" }).end();
    });
    const failure = await failureOf(clientOf(endpoint).call(describeKey, changing));
    expect(failure).toMatchObject({ kind: "unknown", code: "connection_lost", status: 0 });
  });
});

it("connections are kept between calls, and one that was closed meanwhile does not fail a reading", async () => {
  const sockets = new Set<Socket | null>();
  const { endpoint } = await answering((_, reply) => {
    sockets.add(reply.socket);
    reply.end(JSON.stringify({ Response: { RequestId: "r" } }));
  });
  const client = clientOf(endpoint);
  const read = (): Promise<unknown> => client.call(describeKey, { reads: true, timeoutMs });
  await read();
  await read();
  expect(sockets.size).toBe(1);
  for (const socket of sockets) socket?.destroy();
  await read();
  expect(sockets.size).toBe(2);
});
