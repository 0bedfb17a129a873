import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { networksOf } from "../../lib/events/address.ts";
import type { Resolve } from "../../lib/events/resolve.ts";
import { openSender, type Sender, type SenderOptions } from "../../lib/events/sender.ts";
import { answer, type Receiver, startReceiver, succeed } from "../support/receiver.ts";

const here = networksOf(["127.0.0.0/8"]);
const senders: Sender[] = [];
const senderWith = (options: Partial<SenderOptions> = {}): Sender => {
  const resolve = resolving(["127.0.0.1"]);
  const times = { connectMs: 5_000, totalMs: 10_000, keptMs: 60_000 };
  const sender = openSender({ networks: here, resolve, ...times, ...options });
  senders.push(sender);
  return sender;
};
/** Each question is answered by the next of these, the last one again and again. */
const resolving = (
  ...answers: readonly (readonly string[])[]
): Resolve & { readonly asked: () => number } => {
  let asked = 0;
  const resolve: Resolve = (_name, done) => {
    const ips = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    setImmediate(() =>
      done(
        null,
        ips.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      ),
    );
  };
  return Object.assign(resolve, { asked: () => asked });
};
const message = (url: string) => ({ url, headers: { "webhook-id": "evt_1" }, body: Buffer.from('{"a":1}') });

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());
afterEach(() => {
  for (const sender of senders.splice(0)) sender.close();
  receiver.respond(succeed);
});

const tcp = async (serve: (socket: Socket) => void): Promise<{ readonly port: number; stop: () => void }> => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

describe("an answer", () => {
  it("is its status and the beginning of its text, without what moves a cursor", async () => {
    receiver.respond(answer(500, { "retry-after": "7" }, `\u001b[2J${"é\n".repeat(2000)}`));
    const got = await senderWith().send(message(receiver.url));
    expect(got).toMatchObject({ status: 500, fault: null, retryAfter: "7" });
    expect(got.text).toMatch(/^[\x20-\x7e]{1,1024}$/);
    expect(receiver.received.at(-1)).toMatchObject({ body: '{"a":1}', headers: { "webhook-id": "evt_1" } });
  });

  it("that leads elsewhere is not followed", async () => {
    const other = await startReceiver();
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.respond(answer(status, { location: other.url }));
      expect(await senderWith().send(message(receiver.url))).toMatchObject({ status, fault: "redirected" });
    }
    expect(other.received).toEqual([]);
    await other.stop();
  });

  it("that is longer than anybody reads counts by its status, and is cut off", async () => {
    const cut = Promise.withResolvers<void>();
    receiver.respond((_, response) => {
      response.on("close", cut.resolve);
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
    expect(await senderWith().send(message(receiver.url))).toMatchObject({ status: 200, fault: null });
    await cut.promise;
  });

  it("that never comes is given up", async () => {
    receiver.respond(() => undefined);
    const sender = senderWith({ totalMs: 50 });
    expect(await sender.send(message(receiver.url))).toMatchObject({ status: null, fault: "timeout" });
  });

  it("that never ends is given up", async () => {
    receiver.respond((_, response) => void response.writeHead(200).write("x"));
    const sender = senderWith({ totalMs: 50 });
    expect(await sender.send(message(receiver.url))).toMatchObject({ status: null, fault: "timeout" });
  });

  it("that breaks off is none, whatever its status was", async () => {
    receiver.respond((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    expect(await senderWith().send(message(receiver.url))).toMatchObject({
      status: null,
      fault: "connection_failed",
    });
  });

  it.each([
    ["nothing", ""],
    ["another protocol", "SSH-2.0-x\r\n"],
    ["endless headers", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(100_000)}\r\n`],
  ])("of %s is none", async (_, text) => {
    const server = await tcp((socket) => void socket.end(text));
    const got = await senderWith().send(message(`http://127.0.0.1:${server.port}/`));
    expect(got).toMatchObject({ status: null, fault: "connection_failed" });
    server.stop();
  });
});

describe("a connection", () => {
  it("is kept for the next message, and a stale one is made anew", async () => {
    const ports = new Set<number | undefined>();
    receiver.respond((_, response, request) => {
      ports.add(request.socket.remotePort);
      response.writeHead(204).end();
    });
    const sender = senderWith();
    await sender.send(message(receiver.url));
    await sender.send(message(receiver.url));
    expect(ports.size).toBe(1);
    let first = true;
    receiver.respond((_, response, request) => {
      if (!first) return void response.writeHead(204).end();
      first = false;
      request.socket.destroy();
    });
    expect(await sender.send(message(receiver.url))).toMatchObject({ status: 204 });
  });

  it("that is broken off late leaves no more time to the one that is made anew", async () => {
    const sender = senderWith({ totalMs: 1000 });
    await sender.send(message(receiver.url));
    receiver.respond((_, _response, request) => {
      receiver.respond(() => undefined);
      setTimeout(() => request.socket.destroy(), 800);
    });
    const began = performance.now();
    expect(await sender.send(message(receiver.url))).toMatchObject({ status: null, fault: "timeout" });
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it("is refused where nobody listens", async () => {
    const gone = await startReceiver();
    await gone.stop();
    expect(await senderWith().send(message(gone.url))).toMatchObject({ fault: "connection_failed" });
  });

  it("that is not made in time is given up", async () => {
    // Takes the connection, and never speaks TLS.
    const server = await tcp(() => undefined);
    const sender = senderWith({ connectMs: 50 });
    const got = await sender.send(message(`https://127.0.0.1:${server.port}/`));
    expect(got).toMatchObject({ status: null, fault: "timeout" });
    server.stop();
  });

  it("reads no variable of a proxy", async () => {
    const proxy = await startReceiver();
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
    process.env.NODE_USE_ENV_PROXY = "1";
    try {
      expect(await senderWith().send(message(receiver.url))).toMatchObject({ status: 204 });
    } finally {
      for (const name of [...names, "NODE_USE_ENV_PROXY"]) delete process.env[name];
    }
    expect(proxy.received).toEqual([]);
    await proxy.stop();
  });
});

describe("a name", () => {
  const named = (name = "hooks.example.com"): string => `http://${name}:${receiver.port}/hook`;

  it("leads to the address that was judged", async () => {
    const before = receiver.received.length;
    expect(await senderWith().send(message(named()))).toMatchObject({ status: 204 });
    expect(receiver.received[before]?.headers.host).toBe(`hooks.example.com:${receiver.port}`);
  });

  it.each([
    [["169.254.169.254"]],
    [["10.0.0.1"]],
    [["127.0.0.1", "10.0.0.1"]],
    [["::1"]],
    [["::ffff:10.0.0.1"]],
    [["1.1.1.1"]], // public, and without TLS
  ])("of %j is refused without a connection", async (ips) => {
    const got = await senderWith({ resolve: resolving(ips) }).send(message(named()));
    expect(got).toMatchObject({ status: null, fault: "address_refused" });
  });

  it("without an address is answered as one of the inside: who asks learns of no name there", async () => {
    const refused = { status: null, fault: "address_refused", text: "" };
    const resolve: Resolve = (_name, done) => done(new Error("ENOTFOUND"), []);
    expect(await senderWith({ resolve }).send(message(named()))).toMatchObject(refused);
    expect(await senderWith({ resolve: resolving([]) }).send(message(named()))).toMatchObject(refused);
    expect(await senderWith({ resolve: resolving(["10.0.0.1"]) }).send(message(named()))).toMatchObject(
      refused,
    );
  });

  it("that is never answered is given up", async () => {
    const resolve: Resolve = () => undefined;
    const sender = senderWith({ resolve, connectMs: 50 });
    expect(await sender.send(message(named()))).toMatchObject({ status: null, fault: "timeout" });
  });

  it("that changes its mind is judged again at each connection, and asked once for it", async () => {
    const resolve = resolving(["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]);
    receiver.respond((_, response) => void response.writeHead(204, { connection: "close" }).end());
    const sender = senderWith({ resolve });
    const faults: unknown[] = [];
    for (let count = 0; count < 3; count++) faults.push((await sender.send(message(named()))).fault);
    expect(faults).toEqual([null, "address_refused", null]);
    expect(resolve.asked()).toBe(3);
  });

  it("that moved keeps its old address no longer than a connection is kept, however much is sent", async () => {
    const resolve = resolving(["127.0.0.1"], ["169.254.169.254"]);
    const sender = senderWith({ resolve, keptMs: 500 });
    const faults = new Set<unknown>();
    for (const end = Date.now() + 5_000; faults.size < 2 && Date.now() < end; await sleep(20)) {
      faults.add((await sender.send(message(named()))).fault);
    }
    expect([...faults, resolve.asked()]).toEqual([null, "address_refused", 2]);
  });

  it("is not asked where an address stands: it is judged as it is", async () => {
    const resolve = resolving(["127.0.0.1"]);
    const sender = senderWith({ networks: networksOf(["127.0.0.1/32"]), resolve });
    for (const url of [
      `http://127.0.0.2:${receiver.port}/`,
      `http://[::1]:${receiver.port}/`,
      `http://0x7f.2:${receiver.port}/`,
      "https://169.254.169.254/",
    ]) {
      expect(await sender.send(message(url))).toMatchObject({ fault: "address_refused" });
    }
    expect(resolve.asked()).toBe(0);
  });
});

describe("TLS", () => {
  const pem = (name: string): string =>
    readFileSync(join(import.meta.dirname, "../vectors/tls", name), "utf8");
  let server: Server;
  let port: number;
  const names: (string | false | null)[] = [];
  beforeAll(async () => {
    server = createServer({ cert: pem("localhost.crt"), key: pem("localhost.key") }, (request, response) => {
      names.push((request.socket as { servername?: string | false }).servername ?? null);
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("is of the name in the address, whatever it resolved to", async () => {
    const sender = senderWith({ ca: pem("localhost.crt") });
    expect(await sender.send(message(`https://localhost:${port}/`))).toMatchObject({ status: 204 });
    expect(names).toEqual(["localhost"]);
    const other = await sender.send(message(`https://hooks.example.com:${port}/`));
    expect(other).toMatchObject({ status: null, fault: "connection_failed" });
  });

  it("of an authority that nobody knows is refused", async () => {
    const got = await senderWith().send(message(`https://localhost:${port}/`));
    expect(got).toMatchObject({ status: null, fault: "connection_failed" });
  });
});
