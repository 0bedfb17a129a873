import { Agent } from "node:http";
import { Client } from "tencentcloud-sdk-nodejs/tencentcloud/services/csip/v20221121/csip_client.js";
import type { Credentials, TestKeyway } from "./keyway.ts";
import type { SignMethod } from "./sdk.ts";

export type CsipClient = InstanceType<typeof Client>;
export type ListRequest = Parameters<CsipClient["DescribeKeySandboxCredentialList"]>[0];
export type ListFilter = NonNullable<ListRequest["Filter"]>;

/** The official client, pointed at a local Keyway. Without a region, which this service does not need. */
export const csipClient = (
  keyway: Pick<TestKeyway, "host" | "root">,
  options: {
    readonly credentials?: Pick<Credentials, "secretId" | "secretKey">;
    readonly signMethod?: SignMethod;
    readonly reqMethod?: "GET" | "POST";
    readonly region?: string;
  } = {},
): CsipClient => {
  const { secretId, secretKey } = options.credentials ?? keyway.root;
  return new Client({
    credential: { secretId, secretKey },
    region: options.region ?? "",
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
  });
};
