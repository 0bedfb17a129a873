import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Respond = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** How the following requests are answered; 204 from the start. */
  respond(next: Respond): void;
  /** Resolves once this is true of what came. */
  until(isTrue: (received: readonly Received[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

export const succeed: Respond = (_, response) => void response.writeHead(204).end();
export const answer =
  (status: number, headers: Readonly<Record<string, string>> = {}, text = ""): Respond =>
  (_, response) =>
    void response.writeHead(status, headers).end(text);

/** Somebody's endpoint on this machine. */
export const startReceiver = async (port = 0): Promise<Receiver> => {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let respond: Respond = succeed;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one: Received = {
        path: request.url ?? "",
        headers: request.headers as Readonly<Record<string, string>>,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      received.push(one);
      respond(one, response, request);
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    port: address.port,
    received,
    respond: (next) => {
      respond = next;
    },
    until: (isTrue) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isTrue(received)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Variables of a Keyway that sends events to this machine, too. */
export const sendingHere = { KEYWAY_CONFIG: join(import.meta.dirname, "sending-here.json") };

export interface Told {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}
export const told = ({ body }: Received): Told => JSON.parse(body) as Told;
