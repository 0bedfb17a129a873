import {
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { https } from "../https.ts";
import type { Networks } from "./address.ts";
import { openConnections } from "./connections.ts";
import type { Resolve } from "./resolve.ts";
import { areOpen, parseTarget, type Target } from "./target.ts";

/** Why a message was not answered, or its answer not taken. */
export type SendFault =
  | "address_refused"
  | "name_unresolved"
  | "connection_failed"
  | "timeout"
  | "redirected";

export interface Answer {
  /** Null where none came. */
  readonly status: number | null;
  readonly fault: SendFault | null;
  /** The beginning of what came, for whoever reads why it failed. */
  readonly text: string;
  readonly retryAfter: string | undefined;
}

export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Sender {
  /** Never rejects: whatever happens on the way is an answer. */
  send(message: Outgoing): Promise<Answer>;
  close(): void;
}

export interface SenderOptions {
  readonly networks: Networks;
  readonly resolve: Resolve;
  /** How long a connection may take to be made, and how long all of it. */
  readonly connectMs: number;
  readonly totalMs: number;
  /** For how long after its beginning a connection takes further messages. */
  readonly keptMs: number;
  /** Certificates besides those that the system trusts. */
  readonly ca?: string;
}

const answerBytesMax = 64 * 1024;
const shownBytesMax = 1024;

/** A name that has no address and one that has none for us are one answer: else it would tell which names there are inside. */
class AddressRefused extends Error {}

/**
 * The one way out to addresses that tenants chose. A name is resolved where the connection is made, all its addresses
 * are judged, and what was judged is what is connected to: there is no second question whose answer could differ. No
 * redirect is followed, no variable of a proxy is read, and what comes back is bounded in time and in size.
 */
export const openSender = ({ networks, resolve, connectMs, totalMs, keptMs, ca }: SenderOptions): Sender => {
  const connections = openConnections(keptMs);
  const trusted = ca === undefined ? {} : { ca };

  const lookupFor =
    (target: Target): LookupFunction =>
    (name, { all }, done) => {
      resolve(name, (error, addresses) => {
        const ips = error === null ? addresses.map(({ address }) => address) : [];
        if (error !== null || !areOpen(ips, target, networks)) return done(new AddressRefused(), []);
        const [first] = addresses;
        if (all === true || first === undefined) done(null, [...addresses]);
        else done(null, first.address, first.family);
      });
    };

  const optionsOf = (target: Target, headers: Outgoing["headers"], body: Buffer): RequestOptions => ({
    method: "POST",
    headers: { ...headers, "content-length": `${body.length}` },
    lookup: lookupFor(target),
  });

  /** Without an agent, on a connection of its own. */
  const begin = (target: Target, options: RequestOptions, fresh: boolean): ClientRequest => {
    const whole = { ...options, agent: fresh ? false : connections.agentFor(target) };
    return target.secure
      ? https().request(target.url, { ...whole, ...trusted })
      : plainRequest(target.url, whole);
  };

  const post = (
    target: Target,
    { headers, body }: Outgoing,
    { fresh, endMs }: { readonly fresh: boolean; readonly endMs: number },
  ): Promise<Answer | "stale"> => {
    const { promise, resolve: settle } = Promise.withResolvers<Answer | "stale">();
    const request = begin(target, optionsOf(target, headers, body), fresh);
    const end = (answer: Answer | "stale"): void => {
      clearTimeout(total);
      clearTimeout(connect);
      settle(answer);
    };
    const giveUp = (): void => {
      end(failed("timeout"));
      request.destroy();
    };
    const total = setTimeout(giveUp, endMs - performance.now());
    const connect = setTimeout(giveUp, connectMs);
    request.on("socket", (socket) => {
      if (!socket.connecting) clearTimeout(connect);
      else socket.once(target.secure ? "secureConnect" : "connect", () => clearTimeout(connect));
    });
    request.on("error", (error) => end(request.reusedSocket ? "stale" : failed(faultOf(error))));
    request.on("response", (response) => readAnswer(response, end));
    request.end(body);
    return promise;
  };

  const send = async (message: Outgoing): Promise<Answer> => {
    const target = parseTarget(message.url);
    // An address in the place of a name is never looked up, so it is judged here.
    if (target === undefined || (isIP(target.host) !== 0 && !areOpen([target.host], target, networks))) {
      return failed("address_refused");
    }
    const endMs = performance.now() + totalMs;
    const answer = await post(target, message, { fresh: false, endMs });
    // The other side closed a kept connection just as it was used again: that says nothing of the message.
    return answer === "stale" ? settled(await post(target, message, { fresh: true, endMs })) : answer;
  };

  return { send, close: connections.close };
};

const failed = (fault: SendFault): Answer => ({
  status: null,
  fault,
  text: "",
  retryAfter: undefined,
});

const faultOf = (error: Error): SendFault =>
  error instanceof AddressRefused ? "address_refused" : "connection_failed";

const settled = (answer: Answer | "stale"): Answer =>
  answer === "stale" ? failed("connection_failed") : answer;

/** The status counts once the answer has ended, or has become longer than anybody reads: half of one is none. */
const readAnswer = (response: IncomingMessage, end: (answer: Answer) => void): void => {
  const status = response.statusCode ?? 0;
  let bytes = 0;
  let shown = "";
  const judged = (): Answer => ({
    status,
    fault: status >= 300 && status < 400 ? "redirected" : null,
    text: shown,
    retryAfter: response.headers["retry-after"],
  });
  response.on("data", (chunk: Buffer) => {
    if (bytes < shownBytesMax) shown += printable(chunk.subarray(0, shownBytesMax - bytes));
    bytes += chunk.length;
    if (bytes <= answerBytesMax) return;
    end(judged());
    response.destroy();
  });
  response.on("end", () => end(judged()));
  response.on("error", () => end(failed("connection_failed")));
  response.on("close", () => end(failed("connection_failed")));
};

/** It is shown to people, in consoles and terminals: nothing in it moves a cursor or ends a line. */
const printable = (bytes: Buffer): string => bytes.toString("latin1").replace(/[^\x20-\x7e]+/g, " ");
