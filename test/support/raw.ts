import { request as httpRequest } from "node:http";
import { signTc3 } from "../../lib/signing/tc3.ts";
import type { TestKeyway } from "./keyway.ts";

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** `Response.Error.Code`, or `ok`. */
  readonly code: string;
  readonly message: string;
}

/** What an SDK never sends: any method, any header, any body. */
export const send = (
  keyway: Pick<TestKeyway, "url">,
  options: {
    readonly method?: string;
    readonly path?: string;
    /** Several values are several lines. */
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    readonly body?: string | Buffer;
  },
): Promise<RawReply> =>
  new Promise((resolve, reject) => {
    const url = new URL(keyway.url);
    const message = httpRequest(
      {
        host: url.hostname,
        port: url.port,
        method: options.method ?? "POST",
        path: options.path ?? "/",
        headers: Object.fromEntries(
          Object.entries(options.headers ?? {}).map(([name, value]) => [
            name,
            typeof value === "string" ? value : [...value],
          ]),
        ),
        agent: false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          const body = text.startsWith("{") ? JSON.parse(text) : {};
          const error = body.Response?.Error;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            code: error?.Code ?? (body.Response === undefined ? "no envelope" : "ok"),
            message: error?.Message ?? "",
          });
        });
      },
    );
    message.on("error", reject);
    message.end(options.body);
  });

/** A signed POST of any text as its body; `change` alters the headers after signing. */
export const sendSigned = (
  keyway: Pick<TestKeyway, "url" | "host" | "root">,
  action: string,
  body: string | Buffer,
  options: {
    readonly version?: string;
    readonly timestampSeconds?: number;
    readonly contentType?: string;
    readonly change?: (headers: Record<string, string>) => Record<string, string>;
  } = {},
): Promise<RawReply> => {
  const headers = {
    host: keyway.host,
    "content-type": options.contentType ?? "application/json",
    "x-tc-action": action,
    "x-tc-version": options.version ?? "2026-03-22",
    "x-tc-region": "ap-guangzhou",
  };
  const signed = signTc3(
    { method: "POST", path: "/", query: "", headers, body: Buffer.from(body) },
    keyway.root,
    { service: "tokenhub", timestampSeconds: options.timestampSeconds ?? Math.floor(Date.now() / 1000) },
  );
  const complete: Record<string, string> = { ...headers, ...signed };
  return send(keyway, { headers: options.change?.(complete) ?? complete, body });
};
