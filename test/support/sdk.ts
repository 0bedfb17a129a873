import { Agent } from "node:http";
import { Client } from "tencentcloud-sdk-nodejs/tencentcloud/services/tokenhub/v20260322/tokenhub_client.js";
import type { Credentials, TestKeyway } from "./keyway.ts";

export type SignMethod = "TC3-HMAC-SHA256" | "HmacSHA256" | "HmacSHA1";
export type TokenhubClient = InstanceType<typeof Client>;

/** Each way in which the official SDK can send a call. */
export const ways: readonly { readonly signMethod: SignMethod; readonly reqMethod: "GET" | "POST" }[] = [
  { signMethod: "TC3-HMAC-SHA256", reqMethod: "POST" },
  { signMethod: "TC3-HMAC-SHA256", reqMethod: "GET" },
  { signMethod: "HmacSHA256", reqMethod: "POST" },
  { signMethod: "HmacSHA256", reqMethod: "GET" },
  { signMethod: "HmacSHA1", reqMethod: "POST" },
  { signMethod: "HmacSHA1", reqMethod: "GET" },
];

export interface ClientOptions {
  readonly credentials?: Pick<Credentials, "secretId" | "secretKey">;
  readonly signMethod?: SignMethod;
  readonly reqMethod?: "GET" | "POST";
  readonly region?: string;
}

/** What points any client of the official SDK at a local Keyway. */
export const clientConfig = (
  keyway: Pick<TestKeyway, "host" | "root">,
  options: ClientOptions,
): ConstructorParameters<typeof Client>[0] => {
  const { secretId, secretKey } = options.credentials ?? keyway.root;
  return {
    credential: { secretId, secretKey },
    region: options.region ?? "ap-guangzhou",
    profile: {
      signMethod: options.signMethod ?? "TC3-HMAC-SHA256",
      httpProfile: {
        endpoint: keyway.host,
        protocol: "http://",
        reqMethod: options.reqMethod ?? "POST",
        reqTimeout: 20,
        agent: new Agent({ keepAlive: false }),
      },
    },
  };
};

/** The official client of TokenHub. */
export const sdkClient = (
  keyway: Pick<TestKeyway, "host" | "root">,
  options: ClientOptions = {},
): TokenhubClient => new Client(clientConfig(keyway, options));

/** The code of the error that a call was refused with; a call that succeeds fails the test. */
export const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const reply = await call.then(
    () => "no error",
    (error: { code?: string; message?: string }) => error.code ?? `no code: ${error.message}`,
  );
  return reply;
};
