import { signTc3 } from "../lib/signing/tc3.ts";
import { region, type Setting } from "./house.ts";

/** A signed call as the bytes that go out, headers as SDKs send them. */
export const signedRequest = (setting: Setting, port: number, action: string, input: object): string => {
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
    { service: "tokenhub", timestampSeconds: Math.floor(Date.now() / 1000) },
  );
  const sent = {
    ...headers,
    ...signed,
    "x-tc-action": action,
    "x-tc-version": "2026-03-22",
    "x-tc-region": region,
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
};
