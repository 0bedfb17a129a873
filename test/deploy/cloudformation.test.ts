import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployed } from "../../deploy/functions.ts";
import { roleName } from "../../deploy/roles.ts";
import { temporaryFolder } from "../support/keyway.ts";
import { arnOf, reasons, statementsOf } from "./expected.ts";
import { copyInto, packageInto, statementsIn, type Template, templateIn, zipsIn } from "./packaging.ts";

/** What CloudFormation is given, as `npm run package` writes it: that is what would be deployed. */

const folder = temporaryFolder();
const [first, second] = ["first", "second"].map((name) => join(folder, name)) as [string, string];
let template: Template;
beforeAll(async () => {
  const copy = copyInto(join(folder, "copy"));
  // One after the other: two of them in one folder disturb each other.
  for (const [to, stage] of [
    [first, "dev"],
    [second, "prod"],
  ] as const) {
    mkdirSync(to);
    await packageInto(to, stage, copy);
  }
  template = templateIn(first);
}, 280_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Found = Template["Resources"][string];

const ofType = (type: string): readonly (readonly [id: string, resource: Found])[] =>
  Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
const properties = (id: string): Found["Properties"] => {
  const found = template.Resources[id];
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found.Properties;
};

it("is packaged without credentials to the same bytes, whatever the stage", () => {
  expect(zipsIn(first)).toEqual(deployed.map(({ name }) => `${name}.zip`).toSorted());
  expect(zipsIn(second)).toEqual(zipsIn(first));
  for (const name of zipsIn(first)) {
    expect(readFileSync(join(second, name)).equals(readFileSync(join(first, name))), name).toBe(true);
  }
});

describe.each(deployed.map(({ name, kind }) => [name, kind] as const))("%s", (name, kind) => {
  const id = roleName(name).replace(/Role$/, "");
  const own = (type: string): Found["Properties"] | undefined =>
    ofType(type).find(([, { Properties }]) => Object.values(Properties).includes(fullName(type)))?.[1]
      .Properties;
  const fullName = (type: string): string =>
    `${type === "AWS::Logs::LogGroup" ? "/aws/lambda/" : ""}keyway-dev-${name}`;

  it("it has a log group that does not grow for ever", () => {
    expect(own("AWS::Logs::LogGroup")?.RetentionInDays).toBe(name === "emit-checkpoints" ? 3653 : 90);
  });

  it("its role is its own and holds what its kind needs", () => {
    expect(own("AWS::Lambda::Function")?.Role).toEqual(arnOf(`${id}Role`));
    const statements = statementsIn(properties(`${id}Role`).Policies);
    expect(statements.map((one) => ({ ...one, Action: [one.Action].flat().toSorted() }))).toEqual(
      statementsOf(name, kind),
    );
  });

  it("its environment holds no secret", () => {
    const { Variables } = { Variables: {}, ...Object(own("AWS::Lambda::Function")?.Environment) };
    const isAuthorizer = name === "verify-authorizer";
    expect(Variables).toEqual({
      KEYWAY_TABLE: { Ref: "Table" },
      KEYWAY_KMS_KEY: arnOf("MasterKey"),
      KEYWAY_WAKE_QUEUE: { Ref: "WakeQueue" },
      ...(isAuthorizer && { KEYWAY_AUTHORIZER_TOKEN: "", KEYWAY_AUTHORIZER_QUERY: "" }),
    });
  });

  it.each(["Errors", "Throttles"])("an alarm counts its %s", (metric) => {
    const counting = ofType("AWS::CloudWatch::Alarm").filter(([, { Properties }]) =>
      JSON.stringify(Properties.Metrics ?? []).includes(
        `"MetricName":"${metric}","Dimensions":[{"Name":"FunctionName","Value":"keyway-dev-${name}"}]`,
      ),
    );
    expect(counting).toHaveLength(1);
  });
});

describe("no wildcard stands in a policy without a reason", () => {
  const textsOf = ({ Action, Resource }: ReturnType<typeof statementsIn>[number]): readonly string[] =>
    [Action, Resource ?? []].flat().map((one) => JSON.stringify(one));

  it("each one found has its reason, and each reason is needed", () => {
    const used = new Set<string>();
    for (const [id, { Properties }] of Object.entries(template.Resources)) {
      for (const text of statementsIn(Properties).flatMap(textsOf)) {
        if (!text.includes("*")) continue;
        const reason = reasons.find(([where, what]) => where.test(id) && what.test(text));
        expect(reason, `${id}: ${text}`).toBeDefined();
        used.add(reason?.[2] ?? "");
      }
    }
    expect([...used].toSorted()).toEqual(reasons.map(([, , why]) => why).toSorted());
    const [bucket] = statementsIn(properties("ServerlessDeploymentBucketPolicy"));
    expect(bucket).toMatchObject({ Effect: "Deny" });
  });
});

describe("nothing is public but the API", () => {
  it("there is nothing else that could be reached", () => {
    expect([...new Set(Object.values(template.Resources).map(({ Type }) => Type))].toSorted()).toEqual([
      "AWS::ApiGatewayV2::Api",
      "AWS::ApiGatewayV2::Authorizer",
      "AWS::ApiGatewayV2::Integration",
      "AWS::ApiGatewayV2::Route",
      "AWS::ApiGatewayV2::Stage",
      "AWS::CloudWatch::Alarm",
      "AWS::DynamoDB::Table",
      "AWS::Events::Rule",
      "AWS::IAM::Role",
      "AWS::KMS::Key",
      "AWS::Lambda::EventSourceMapping",
      "AWS::Lambda::Function",
      "AWS::Lambda::Permission",
      "AWS::Logs::LogGroup",
      "AWS::S3::Bucket",
      "AWS::S3::BucketPolicy",
      "AWS::SNS::Topic",
      // Without a policy of its own: nobody reaches it but by a role of this account.
      "AWS::SQS::Queue",
    ]);
    expect(properties("ServerlessDeploymentBucket").PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });

  it("functions are called by this API and these schedules alone", () => {
    const api = [
      ["http", "verify", "webhooks", "verify-authorizer"],
      "apigateway.amazonaws.com",
      '"Ref":"HttpApi"',
    ];
    const schedules = [
      ["sweep", "SweepEventsRuleSchedule1"],
      ["deliver", "DeliverEventsRuleSchedule1"],
      ["emit-checkpoints", "EmitDashcheckpointsEventsRuleSchedule1"],
    ].map(([name, rule]) => [[name], "events.amazonaws.com", `"Fn::GetAtt":["${rule}","Arn"]`]);
    const permissions = ofType("AWS::Lambda::Permission").map(([, one]) => one.Properties);
    expect(permissions).toHaveLength(7);
    const called = permissions.map(({ Principal, SourceArn, Action }) => {
      expect(Action).toBe("lambda:InvokeFunction");
      const source = JSON.stringify(SourceArn);
      return [api, ...schedules].findIndex(
        ([, by, from]) => by === Principal && source.includes(String(from)),
      );
    });
    expect(called.toSorted()).toEqual([0, 0, 0, 0, 1, 2, 3]);
  });

  it("the API's routes, throttled; preflights are left to Keyway", () => {
    const routes = ofType("AWS::ApiGatewayV2::Route").map(([, { Properties }]) => [
      Properties.RouteKey,
      JSON.stringify(Properties.Target).match(/HttpApiIntegration(\w+)/)?.[1],
    ]);
    expect(routes.toSorted()).toEqual([
      ["$default", "Http"],
      ["ANY /v1/verify", "Verify"],
      ["ANY /v1/verify/{proxy+}", "Verify"],
      ["ANY /webhooks/{proxy+}", "Webhooks"],
      ["POST /v1/leaks", "Webhooks"],
    ]);
    expect(properties("HttpApi")).not.toHaveProperty("CorsConfiguration");
    const throttling = (of: Template) => of.Resources.HttpApiStage?.Properties.DefaultRouteSettings;
    expect(throttling(template)).toEqual({ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 });
    expect(throttling(templateIn(second))).toEqual({
      ThrottlingRateLimit: 5000,
      ThrottlingBurstLimit: 5000,
    });
  });
});

it("the table can be brought back to any second, ends what has ended, is encrypted, and outlives the stack", () => {
  expect(template.Resources.Table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  expect(properties("Table")).toEqual({
    TableName: "keyway-dev",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: arnOf("MasterKey") },
    DeletionProtectionEnabled: true,
  });
});

it("the key rotates, is administered by the account, used through IAM, and outlives the stack", () => {
  expect(template.Resources.MasterKey).toMatchObject({
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
  });
  expect(properties("MasterKey")).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
  expect(statementsIn(properties("MasterKey"))).toEqual([
    {
      Sid: "AccountAdministers",
      Effect: "Allow",
      Principal: { AWS: { "Fn::Sub": `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root` } },
      Action: "kms:*",
      Resource: "*",
    },
  ]);
});

it("alarms are told to a topic, and stay within what CloudWatch takes", () => {
  const alarms = ofType("AWS::CloudWatch::Alarm");
  for (const [id, { Properties }] of alarms) {
    expect(Properties.AlarmActions, id).toEqual([{ Ref: "AlarmTopic" }]);
    expect([Properties.Metrics ?? []].flat().length, id).toBeLessThanOrEqual(10);
  }
  expect(alarms.filter(([, { Properties }]) => "MetricName" in Properties).map(([id]) => id)).toEqual([
    "ApiErrorsAlarm",
    "TableReadThrottlesAlarm",
    "TableWriteThrottlesAlarm",
  ]);
});

it("the stack has room to grow, and no version of a function stays behind", () => {
  expect(Object.keys(template.Resources).length).toBeLessThan(450);
  expect(ofType("AWS::Lambda::Version")).toEqual([]);
});

it("it tells what whoever deploys it needs to know", () => {
  expect(Object.keys(template.Outputs)).toEqual(
    expect.arrayContaining(["HttpApiUrl", "TableName", "MasterKeyArn", "AlarmTopicArn"]),
  );
});
