import { Agent, request } from "node:http";

export interface Sent {
  readonly method: string;
  /** Goes out as it is: `fetch` would tidy it up. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer | undefined;
}

export interface Received {
  readonly status: number;
  readonly type: string;
  readonly requestId: string | undefined;
  /** All headers, as one text. */
  readonly headers: string;
  readonly text: string;
}

export type Send = (sent: Sent) => Promise<Received>;

const first = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0];

/** Raw requests on connections that are kept. */
export const openSender = (
  url: string,
  atOnce: number,
): { readonly send: Send; readonly close: () => void } => {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const send: Send = ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
      // Node tells no length for a body of GET, and the body would be read as the next request.
      const length = body === undefined ? {} : { "content-length": body.length };
      const call = request(
        { agent, hostname, port, method, path, headers: { ...given, ...length } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers["content-type"] ?? "",
              requestId: first(response.headers["x-request-id"]),
              headers: response.rawHeaders.join("\n"),
              text: Buffer.concat(chunks).toString("utf8"),
            }),
          );
        },
      );
      call.on("error", reject);
      call.end(body);
    });
  return { send, close: () => agent.destroy() };
};
