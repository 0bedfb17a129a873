import { Client } from "tencentcloud-sdk-nodejs/tencentcloud/services/csip/v20221121/csip_client.js";
import type { TestKeyway } from "./keyway.ts";
import { type ClientOptions, clientConfig } from "./sdk.ts";

export type CsipClient = InstanceType<typeof Client>;
export type ListRequest = Parameters<CsipClient["DescribeKeySandboxCredentialList"]>[0];
export type ListFilter = NonNullable<ListRequest["Filter"]>;

/** The official client, pointed at a local Keyway. Without a region, which this service does not need. */
export const csipClient = (
  keyway: Pick<TestKeyway, "host" | "root">,
  options: ClientOptions = {},
): CsipClient => new Client(clientConfig(keyway, { region: "", ...options }));
