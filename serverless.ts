import type { AWS } from "@serverless/typescript";
import type { BuildOptions } from "esbuild";
import { alarms, alarmTopic } from "./deploy/alarms.ts";
import { configFile } from "./deploy/config.ts";
import { authorizer, deployed } from "./deploy/functions.ts";
import { masterKey } from "./deploy/key.ts";
import { parameter, secretsName, stage } from "./deploy/names.ts";
import { wakeDeadLetters, wakeQueue } from "./deploy/queue.ts";
import { role, roleName } from "./deploy/roles.ts";
import { stages } from "./deploy/stages.ts";
import { table } from "./deploy/table.ts";

/**
 * What is deployed, assembled from the tables in deploy/ and the table of actions. osls loads this file by `require`, and
 * some of what it imports is an ES module only: run it by `npm run serverless -- …`, which lets `require` resolve those.
 */

/** What makes a bundle; the test of the bundles builds with it too. */
export const bundling = {
  bundle: true,
  minify: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  // V8 reads an arrow function of a module to its last detail when the module is loaded, and once more when it is called;
  // a function expression it skips until then. A bundle has a tenth more bytes, and takes a sixth less time to load.
  supported: { arrow: false },
} satisfies BuildOptions;

/** A path, because osls copies what is configured, and a copy of a plugin is none. */
export const bundlePlugins = "scripts/function-plugins.mjs";

const configuration: AWS = {
  service: "keyway",
  frameworkVersion: "4",
  configValidationMode: "error",
  plugins: ["serverless-esbuild"],
  params: stages,
  provider: {
    name: "aws",
    runtime: "nodejs24.x",
    architecture: "arm64",
    region: "eu-central-1",
    memorySize: 512,
    timeout: 29, // below the 30 s after which the HTTP API gives up
    logRetentionInDays: 90,
    versionFunctions: false,
    stackTags: { application: "keyway", stage },
    deploymentBucket: { blockPublicAccess: true },
    // No secret: the root credential is made by `npm run root`, which talks to the table itself.
    environment: {
      KEYWAY_TABLE: { Ref: "Table" },
      KEYWAY_KMS_KEY: { "Fn::GetAtt": ["MasterKey", "Arn"] },
      KEYWAY_WAKE_QUEUE: { Ref: "WakeQueue" },
      ...(configFile !== undefined && { KEYWAY_CONFIG: configFile }),
    },
    // No `cors`: the gateway would answer preflights before Keyway, which knows whose pages may call.
    httpApi: {
      authorizers: {
        // For routes of yours, in this API or, by its ARN, in another one.
        keyway: {
          type: "request",
          functionName: authorizer,
          payloadVersion: "2.0",
          enableSimpleResponses: true,
          // A cache is a revocation delay: for as long as a verdict is kept, a key that was disabled goes on working,
          // its limits count nothing, and an address that may not use it does. No entry can be taken out of it.
          resultTtlInSeconds: 0,
          // No identity source: all that are named must be sent, or the call is refused unasked, and a key comes by
          // one header or another.
        },
      },
    },
  },
  package: { individually: true, ...(configFile !== undefined && { patterns: [configFile] }) },
  functions: Object.fromEntries(
    deployed.map(({ name, file, events, readsSecrets, environment, logRetentionInDays, timeout }) => [
      name,
      {
        handler: `${file}.handler`,
        role: roleName(name),
        ...(events && { events: [...events] }),
        ...((environment || readsSecrets) && {
          environment: { ...environment, ...(readsSecrets && { KEYWAY_SECRETS: secretsName }) },
        }),
        ...(logRetentionInDays && { logRetentionInDays }),
        ...(timeout && { timeout }),
      },
    ]),
  ),
  resources: {
    Resources: {
      Table: table,
      MasterKey: masterKey,
      WakeQueue: wakeQueue,
      WakeDeadLetters: wakeDeadLetters,
      AlarmTopic: alarmTopic,
      ...Object.fromEntries(deployed.map((one) => [roleName(one.name), role(one)])),
      ...alarms(deployed),
    },
    extensions: {
      HttpApiStage: {
        Properties: {
          DefaultRouteSettings: {
            ThrottlingRateLimit: parameter("requestsPerSecond"),
            ThrottlingBurstLimit: parameter("requestsAtOnce"),
          },
        },
      },
    },
    // Beside the API's URL, which osls names itself.
    Outputs: {
      TableName: { Description: "KEYWAY_TABLE", Value: { Ref: "Table" } },
      MasterKeyArn: { Description: "KEYWAY_KMS_KEY", Value: { "Fn::GetAtt": ["MasterKey", "Arn"] } },
      AlarmTopicArn: { Description: "Subscribe to it", Value: { Ref: "AlarmTopic" } },
    },
  },
  custom: { esbuild: { ...bundling, plugins: bundlePlugins, outputFileExtension: ".mjs" } },
};

export default configuration;
