import { signTc3 } from "../lib/signing/tc3.ts";
import { region, type Setting } from "./house.ts";

/** A request as the bytes that go out. */
const text = (line: string, headers: Readonly<Record<string, string>>, body: string): string => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
};

/** A signed call, headers as SDKs send them. */
export const signedRequest = (
  setting: Setting,
  port: number,
  action: string,
  input: object,
  service: { readonly name: string; readonly version: string } = { name: "tokenhub", version: "2026-03-22" },
): string => {
  const body = JSON.stringify(input);
  const headers = { host: `127.0.0.1:${port}`, "content-type": "application/json" };
  const signed = signTc3(
    {
      method: "POST",
      path: "/",
      query: "",
      headers: { ...headers, host: "127.0.0.1" }, // without the port, as the SDK for Node signs
      body: Buffer.from(body),
    },
    setting.root,
    { service: service.name, timestampSeconds: Math.floor(Date.now() / 1000) },
  );
  const sent = {
    ...headers,
    ...signed,
    "x-tc-action": action,
    "x-tc-version": service.version,
    "x-tc-region": region,
    "content-length": String(Buffer.byteLength(body)),
  };
  return text("POST /", sent, body);
};

/** A call by a bearer token, with a body or without one. */
export const bearerRequest = (
  setting: Setting,
  port: number,
  path: string,
  more: {
    readonly method?: string;
    readonly body?: object;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): string => {
  const { method = "GET", body, headers } = more;
  const sent = body === undefined ? "" : JSON.stringify(body);
  const typed = body !== undefined && {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(sent)),
  };
  return text(
    `${method} ${path}`,
    { host: `127.0.0.1:${port}`, authorization: `Bearer ${setting.root.token}`, ...typed, ...headers },
    sent,
  );
};
