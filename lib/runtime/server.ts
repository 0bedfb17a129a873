import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { House } from "../house.ts";
import type { HttpReply, HttpRequest } from "../http.ts";
import { https } from "../https.ts";
import { readBody } from "./body.ts";
import type { Config } from "./config.ts";

type Serve = (request: HttpRequest, house: House) => Promise<HttpReply>;

export interface RunningServer {
  /** `http://127.0.0.1:8787` */
  readonly url: string;
  /** Answers what has arrived, then ends. */
  stop(): Promise<void>;
}

/** A query may have 32 KB; headers and request line share one allowance. */
const headerBytesMax = 64 * 1024;
const tencentBodyBytesMax = 10 * 1024 * 1024;
const facadeBodyBytesMax = 1024 * 1024;
/** After a stop, how long a kept-alive connection may still bring a request that was on its way. */
const quietMs = 250;

export const startServer = async (config: Config, house: House, serve: Serve): Promise<RunningServer> => {
  let stopping = false;
  let arrivals = 0;
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    arrivals += 1;
    answer(message, response, config, house, serve, () => stopping).catch((error: unknown) => {
      // A connection that broke while its body came in; there is nobody left to answer.
      response.destroy(error instanceof Error ? error : undefined);
    });
  };
  const options = {
    maxHeaderSize: headerBytesMax,
    requestTimeout: 60_000,
    headersTimeout: 20_000,
    // Of two `Authorization` lines Node keeps the first, and an application behind a proxy may go by the last.
    joinDuplicateHeaders: true,
  };
  const server: Server =
    config.tls === undefined
      ? createServer(options, listener)
      : https().createServer({ ...options, ...config.tls }, listener);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseUnread(error, socket, house, serve).catch(() => socket.destroy());
  });
  server.on("connection", () => {
    arrivals += 1;
  });
  server.keepAliveTimeout = 65_000; // above the 60 s of common proxies, which would race our close

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;

  return {
    url: `${config.tls === undefined ? "http" : "https"}://${host}:${port}`,
    stop: async () => {
      stopping = true;
      await idleTurn(() => arrivals);
      // http.Server's own close() drops idle connections at once, and with them a request that is on its way.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      const quiet = setTimeout(() => server.closeIdleConnections(), quietMs);
      await closed;
      clearTimeout(quiet);
    },
  };
};

/** A request line beyond what the parser takes still gets the surface's own refusal; other noise gets none. */
const refuseUnread = async (
  error: NodeJS.ErrnoException,
  socket: Socket,
  house: House,
  serve: Serve,
): Promise<void> => {
  if (error.code !== "HPE_HEADER_OVERFLOW" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = await serve(
    {
      method: "GET",
      path: "/",
      rawQueries: [""],
      headers: {},
      body: empty,
      bodyTooLarge: true,
      ip: socket.remoteAddress ?? "",
    },
    house,
  );
  const lines = Object.entries({
    ...headers,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
};

/** Turns of the event loop to wait for one in which nothing arrived. */
const turnsMax = 1000;

/**
 * Closing a listening socket resets the connections that the kernel has taken and the process has not. A turn of the
 * loop in which nothing arrived leaves microseconds for that.
 */
const idleTurn = async (arrivals: () => number): Promise<void> => {
  for (let turn = 0; turn < turnsMax; turn++) {
    const before = arrivals();
    await new Promise((resolve) => setImmediate(resolve));
    if (arrivals() === before) return;
  }
};

const answer = async (
  message: IncomingMessage,
  response: ServerResponse,
  config: Config,
  house: House,
  serve: Serve,
  stopping: () => boolean,
): Promise<void> => {
  const url = message.url ?? "/";
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const body = await readBody(message, hasOwnForm(path) ? facadeBodyBytesMax : tencentBodyBytesMax);
  if (body === "busy") {
    response.writeHead(503, { "retry-after": "1", connection: "close" }).end();
    return;
  }
  const together = await turnEnd();
  const reply = await serve(
    {
      method: message.method ?? "GET",
      path,
      rawQueries: [mark < 0 ? "" : url.slice(mark + 1)],
      // Repeated ones are joined, as API Gateway does it: always one text.
      headers: message.headers as Readonly<Record<string, string | undefined>>,
      body: body === "too-large" ? empty : body,
      bodyTooLarge: body === "too-large",
      ip: addressOf(message, config.behindProxy),
      turn: together,
    },
    house,
  );
  const headers: Record<string, string | number> = { ...reply.headers };
  const length = Buffer.byteLength(reply.body);
  if (hasLength(message.method, reply.status)) headers["content-length"] = length;
  if (stopping()) headers.connection = "close";
  response.writeHead(reply.status, headers);
  // As many bytes as characters: nothing in it has to be encoded, and the text goes out as it is.
  response.end(reply.body, length === reply.body.length ? "latin1" : "utf8");
};

/** Of ours, and of those who report to us: their bodies are smaller than what Tencent documents. */
const hasOwnForm = (path: string): boolean => path.startsWith("/v1/") || path.startsWith("/webhooks/");

/** Where no body is sent, a length would be a word about the one of a GET (RFC 9110, section 8.6). */
const hasLength = (method: string | undefined, status: number): boolean =>
  method !== "HEAD" && status !== 204 && status !== 304;

let turn: Promise<object> | undefined;

/**
 * Requests that came in one turn of the loop are answered side by side. One by one, the parser's code and ours would
 * drive each other out of the processor's caches, and a busy server would answer a tenth fewer.
 */
const turnEnd = (): Promise<object> => {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve({});
    });
  });
  return turn;
};

const empty = Buffer.alloc(0);

/** Behind a proxy, the address that the nearest one saw; anything further left in the header is the caller's word. */
const addressOf = (message: IncomingMessage, behindProxy: boolean): string => {
  if (behindProxy) {
    const forwarded = message.headers["x-forwarded-for"];
    const last = (Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? ""))
      .split(",")
      .at(-1)
      ?.trim();
    if (last) return last;
  }
  return message.socket.remoteAddress ?? "";
};
