import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong between Keyway and a real system. `after` ones happen once the real system has done its work. */
export type Fault =
  | "reset before"
  | "reset after"
  | "half a reply"
  | "500 before"
  | "500 after"
  | "503 after"
  | "throttled"
  | "slow"
  | "not JSON after"
  /** Says that it did what it was asked, and did nothing. */
  | "untrue";

export interface FaultProxy {
  readonly url: string;
  /** Calls that reached the real system: `CreateApiKey`, `POST /api/v1/gateway/keys`. */
  readonly passed: readonly string[];
  /** The next calls of this name meet these faults, one each, in order. */
  fail(name: string, ...faults: readonly Fault[]): void;
  /** The next call of this name is done, and its answer waits. */
  hold(name: string): { readonly done: Promise<void>; readonly release: () => void };
  /** Refuses connections from now on. */
  stop(): Promise<void>;
}

const nameOf = ({ method, url, headers }: IncomingMessage): string =>
  typeof headers["x-tc-action"] === "string" ? headers["x-tc-action"] : `${method} ${url}`;

const slowMs = 700;

export const startFaultProxy = async (target: string): Promise<FaultProxy> => {
  const passed: string[] = [];
  const planned = new Map<string, Fault[]>();
  const held = new Map<string, { readonly done: () => void; readonly released: Promise<void> }>();

  const pass = (incoming: IncomingMessage, body: Buffer): Promise<{ head: IncomingMessage; text: Buffer }> =>
    new Promise((resolve, reject) => {
      passed.push(nameOf(incoming));
      const { method, headers, url } = incoming;
      const onward = request(`${target}${url}`, { method, headers }, async (head) => {
        const chunks: Buffer[] = [];
        for await (const chunk of head) chunks.push(chunk);
        resolve({ head, text: Buffer.concat(chunks) });
      });
      onward.on("error", reject);
      onward.end(body);
    });

  const answer = async (incoming: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const name = nameOf(incoming);
    const fits = (one: string): boolean =>
      one === name || (one.endsWith("*") && name.startsWith(one.slice(0, -1)));
    const [path = ""] = [...planned.keys()].filter(fits);
    const fault = planned.get(path)?.shift();
    if (fault === "reset before") return void reply.destroy();
    if (fault === "500 before") return void reply.writeHead(500).end("broken");
    if (fault === "throttled") {
      const code = "RequestLimitExceeded";
      return incoming.headers["x-tc-action"] === undefined
        ? void reply.writeHead(429, { "retry-after": "0" }).end("{}")
        : void reply
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ Response: { Error: { Code: code, Message: "" }, RequestId: "r-1" } }));
    }
    if (fault === "untrue") {
      const said = { Response: { Result: true, RequestId: "r-1" } };
      return void reply
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify(incoming.headers["x-tc-action"] === undefined ? {} : said));
    }
    if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, slowMs));
    const { head, text } = await pass(incoming, body);
    const [holding = ""] = [...held.keys()].filter(fits);
    const hold = held.get(holding);
    held.delete(holding);
    hold?.done();
    await hold?.released;
    if (fault === "reset after") return void reply.destroy();
    if (fault === "500 after") return void reply.writeHead(500).end("broken");
    if (fault === "503 after") return void reply.writeHead(503).end("busy");
    if (fault === "not JSON after") return void reply.writeHead(200).end("<html>");
    const { connection: _, "transfer-encoding": __, ...headers } = head.headers;
    reply.writeHead(head.statusCode ?? 500, { ...headers, "content-length": text.length });
    if (fault === "half a reply") {
      reply.write(text.subarray(0, Math.ceil(text.length / 2)), () => reply.destroy());
      return;
    }
    reply.end(text);
  };

  const server = createServer((incoming, reply) => {
    answer(incoming, reply).catch(() => reply.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    fail: (name, ...faults) => void planned.set(name, [...faults]),
    hold: (name) => {
      const done = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      held.set(name, { done: done.resolve, released: released.promise });
      return { done: done.promise, release: released.resolve };
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
