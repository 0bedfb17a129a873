import type { AWS } from "@serverless/typescript";
import { actions } from "./functions/actions.ts";
import type { Action } from "./lib/action.ts";

/** `CreateApiKey` → `create-api-key`, the name of its file. */
const fileName = (action: Action): string => action.name.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
const functionName = (action: Action): string => `${action.wire.service}-${fileName(action)}`;
const functionFile = (action: Action): string => `functions/${action.wire.service}/${fileName(action)}`;
const roleName = (name: string): string =>
  `${name
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")}Role`;

const names = ["http", ...actions.map(functionName)];

/** A role of its own for each function: it may write its own log, and will get the table actions that it uses. */
const role = (name: string): unknown => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
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
              Resource: {
                "Fn::Sub": `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/keyway-\${sls:stage}-${name}:*`,
              },
            },
          ],
        },
      },
    ],
  },
});

const configuration: AWS = {
  service: "keyway",
  frameworkVersion: "4",
  configValidationMode: "error",
  plugins: ["serverless-esbuild"],
  provider: {
    name: "aws",
    runtime: "nodejs24.x",
    architecture: "arm64",
    stage: "dev",
    region: "eu-central-1",
    memorySize: 512,
    timeout: 29, // below the 30 s after which the HTTP API gives up
    versionFunctions: false,
    logRetentionInDays: 90,
    httpApi: { cors: false },
    stackTags: { product: "keyway" },
  },
  functions: {
    http: {
      handler: "functions/http.handler",
      role: roleName("http"),
      events: [{ httpApi: "*" }],
    },
    ...Object.fromEntries(
      actions.map((action) => [
        functionName(action),
        { handler: `${functionFile(action)}.handler`, role: roleName(functionName(action)) },
      ]),
    ),
  },
  resources: {
    Resources: Object.fromEntries(names.map((name) => [roleName(name), role(name)])),
  },
  package: { individually: true },
  custom: {
    esbuild: {
      bundle: true,
      minify: true,
      sourcemap: false,
      format: "esm",
      target: "node24",
      platform: "node",
      mainFields: ["module", "main"],
      outputFileExtension: ".mjs",
      // Bundled CommonJS parts call require(), which an ES module lacks.
      banner: { js: "import{createRequire as keywayRequire}from'node:module';const require=keywayRequire(import.meta.url);" },
    },
  },
};

export default configuration;
