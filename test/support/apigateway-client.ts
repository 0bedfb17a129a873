import { Client } from "tencentcloud-sdk-nodejs/tencentcloud/services/apigateway/v20180808/apigateway_client.js";
import type { TestKeyway } from "./keyway.ts";
import { type ClientOptions, clientConfig } from "./sdk.ts";

export type ApigatewayClient = InstanceType<typeof Client>;

/** The official client, pointed at a local Keyway. */
export const apigatewayClient = (
  keyway: Pick<TestKeyway, "host" | "root">,
  options: ClientOptions = {},
): ApigatewayClient => new Client(clientConfig(keyway, options));
