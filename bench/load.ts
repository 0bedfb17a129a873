import { connect, type Socket } from "node:net";

/** Sends prepared requests over kept-alive connections, one at a time on each, and reads no more than it must. */

export interface Load {
  readonly port: number;
  /** For each connection its texts, sent by turns. */
  readonly requests: readonly (readonly string[])[];
  /** Every reply has it, or the run fails. */
  readonly expected: string;
  readonly ms: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** All replies, those after the end of the time included. */
  readonly replies: number;
  /** Of a hundred replies, 99 came sooner. */
  readonly p99Ms: number;
  readonly longestMs: number;
}

export const runLoad = async ({ port, requests, expected, ms }: Load): Promise<LoadResult> => {
  const sockets = await Promise.all(requests.map(() => openedSocket(port)));
  const start = performance.now();
  const end = start + ms;
  let replies = 0;
  let inTime = 0;
  let lastInTime = start;
  const taken: number[] = [];
  const drive = (socket: Socket, texts: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = "";
      let turn = 0;
      let sent = start;
      const send = (now: number): void => {
        sent = now;
        socket.write(texts[turn] ?? "", "latin1");
        turn = (turn + 1) % texts.length;
      };
      socket.setEncoding("latin1");
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the server closed a connection")));
      socket.on("data", (chunk: string) => {
        text = text === "" ? chunk : text + chunk;
        if (!isComplete(text)) return;
        if (!text.startsWith("HTTP/1.1 200 ") || !text.includes(expected)) reject(new Error(text));
        text = "";
        replies += 1;
        const now = performance.now();
        taken.push(now - sent);
        if (now >= end) return resolve();
        inTime += 1;
        lastInTime = now;
        send(now);
      });
      send(performance.now());
    });
  try {
    await Promise.all(sockets.map((socket, place) => drive(socket, requests[place] ?? [])));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const sorted = taken.sort((a, b) => a - b);
  return {
    perSecond: (inTime * 1000) / (lastInTime - start),
    replies,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    longestMs: sorted.at(-1) ?? 0,
  };
};

export const openedSocket = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });

const lengthLabel = "content-length: ";

export const isComplete = (text: string): boolean => {
  const stop = text.indexOf("\r\n\r\n");
  if (stop < 0) return false;
  if (text.startsWith("HTTP/1.1 204 ")) return true;
  const label = text.toLowerCase().indexOf(lengthLabel);
  if (label < 0 || label > stop) throw new Error("a reply without its length");
  const length = Number.parseInt(text.slice(label + lengthLabel.length), 10);
  return text.length >= stop + 4 + length;
};
