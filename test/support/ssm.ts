import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import * as z from "zod";
import { kmsRegion } from "./kms-keys.ts";

/** The Parameter Store in this process, as far as Keyway asks it. */
export interface TestSsm {
  readonly url: string;
  put(name: string, value: string, type?: "SecureString" | "String"): void;
  remove(name: string): void;
  /** The next calls are refused with these codes; a number is a status without one. */
  fail(...faults: readonly (string | number)[]): void;
  /** Names that were asked for, in their order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** All that is taken. Without decryption SSM answers a SecureString as it is kept. */
const input = z.strictObject({ Name: z.string(), WithDecryption: z.boolean() });

export const startSsm = async (): Promise<TestSsm> => {
  const parameters = new Map<string, { readonly Type: string; readonly Value: string }>();
  const planned: (string | number)[] = [];
  const asked: string[] = [];

  const answer = (text: string): { readonly status: number; readonly body: object } => {
    const fault = planned.shift();
    if (typeof fault === "number") return { status: fault, body: {} };
    if (fault !== undefined) return { status: 400, body: { __type: fault, message: "a fault" } };
    const { Name, WithDecryption } = input.parse(JSON.parse(text));
    asked.push(Name);
    const found = parameters.get(Name);
    if (found === undefined) return { status: 400, body: { __type: "ParameterNotFound" } };
    const isSealed = found.Type === "SecureString" && !WithDecryption;
    const Value = isSealed ? Buffer.from(`sealed ${Name}`).toString("base64") : found.Value;
    return { status: 200, body: { Parameter: { ...found, Name, Value, Version: 1, DataType: "text" } } };
  };

  const server = createServer(async (request, reply) => {
    const text = await textOf(request);
    const { authorization = "", "x-amz-target": target } = request.headers;
    const isSigned =
      authorization.startsWith("AWS4-HMAC-SHA256 ") &&
      authorization.includes(`/${kmsRegion}/ssm/aws4_request`);
    const { status, body } =
      isSigned && target === "AmazonSSM.GetParameter"
        ? answer(text)
        : { status: 400, body: { __type: "UnrecognizedClientException" } };
    reply.writeHead(status, {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": "request-1",
    });
    reply.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    put: (name, Value, Type = "SecureString") => void parameters.set(name, { Type, Value }),
    remove: (name) => void parameters.delete(name),
    fail: (...faults) => void planned.push(...faults),
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
