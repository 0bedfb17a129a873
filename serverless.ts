import type { AWS } from "@serverless/typescript";
import type { BuildOptions } from "esbuild";
import { actions } from "./functions/actions.ts";
import type { Action } from "./lib/action.ts";

/**
 * What is deployed, assembled from the table of actions. osls loads this file by `require`, and some of what it imports
 * is an ES module only: run it by `npm run serverless -- …`, which lets `require` resolve those.
 */

type Resource = NonNullable<NonNullable<AWS["resources"]>["Resources"]>[string];

/** What makes a bundle; the test of the bundles builds with it too. */
export const bundling = {
  bundle: true,
  minify: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
} satisfies BuildOptions;

/** A path, because osls copies what is configured, and a copy of a plugin is none. */
export const bundlePlugins = "scripts/bundle-plugins.mjs";

/** `CreateApiKey` → `create-api-key`, the name of its file. */
const fileName = ({ name }: Action): string => name.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();

const authorizer = "verify-authorizer";

/** Each function by its name, and where its handler is. */
const handlers: readonly (readonly [name: string, file: string])[] = [
  ["http", "functions/http"],
  [authorizer, "functions/verify/authorizer"],
  ...actions.map((action): readonly [string, string] => {
    const { service } = action.profile;
    return [`${service}-${fileName(action)}`, `functions/${service}/${fileName(action)}`];
  }),
];

/** `tokenhub-create-api-key` → `TokenhubCreateApiKeyRole` */
const roleName = (name: string): string =>
  `${name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Role`;

/** A function's own role: all that it may is to write its own log. */
const role = (name: string): Resource => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    },
    Policies: [
      {
        PolicyName: "own-log",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
              Resource: { "Fn::Sub": `${logGroups}/keyway-\${sls:stage}-${name}:*` },
            },
          ],
        },
      },
    ],
  },
});

const logGroups = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda`;

const configuration: AWS = {
  service: "keyway",
  frameworkVersion: "4",
  configValidationMode: "error",
  plugins: ["serverless-esbuild"],
  provider: {
    name: "aws",
    runtime: "nodejs24.x",
    architecture: "arm64",
    region: "eu-central-1",
    memorySize: 512,
    timeout: 29, // below the 30 s after which the HTTP API gives up
    logRetentionInDays: 90,
    versionFunctions: false,
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
  package: { individually: true },
  functions: Object.fromEntries(
    handlers.map(([name, file]) => [
      name,
      {
        handler: `${file}.handler`,
        role: roleName(name),
        // Everything that has no route of its own goes to the one door.
        ...(name === "http" ? { events: [{ httpApi: "*" }] } : {}),
      },
    ]),
  ),
  resources: { Resources: Object.fromEntries(handlers.map(([name]) => [roleName(name), role(name)])) },
  custom: { esbuild: { ...bundling, plugins: bundlePlugins, outputFileExtension: ".mjs" } },
};

export default configuration;
