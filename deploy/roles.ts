import type { Deployed } from "./functions.ts";
import { functionName, type Resource, secretsName, stackName } from "./names.ts";

/** What a function may do: write its own log, and with the table, the key and the queue what its kind needs. */

const all = ["BatchGetItem", "Query", "UpdateItem", "PutItem", "DeleteItem", "ConditionCheckItem"] as const;

/**
 * A transaction takes the permission of each thing it does; refusals and limits are counted by updates, and a settlement
 * is put. Nobody scans. Nobody encrypts by the KMS key: it makes data keys, and opens them; wrapping them anew is for
 * `npm run rotate-master`, which its operator runs.
 */
export const kinds = {
  managing: { table: all, key: ["GenerateDataKey", "Decrypt"], queue: ["SendMessage"] },
  delivering: {
    table: all,
    key: ["GenerateDataKey", "Decrypt"],
    queue: ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"],
  },
  reading: { table: all.filter((action) => action !== "DeleteItem"), key: ["Decrypt"], queue: [] },
  verifying: { table: ["BatchGetItem", "UpdateItem", "PutItem"], key: ["Decrypt"], queue: [] },
  witnessing: { table: ["BatchGetItem", "Query"], key: ["Decrypt"], queue: [] },
} as const satisfies Readonly<
  Record<
    string,
    { readonly table: readonly string[]; readonly key: readonly string[]; readonly queue: readonly string[] }
  >
>;
export type Kind = keyof typeof kinds;

/** `tokenhub-create-api-key` → `TokenhubCreateApiKeyRole` */
export const roleName = (name: string): string =>
  `${name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Role`;

const logGroups = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda`;

const secretsArn = {
  "Fn::Sub": `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${secretsName}`,
};

/** Of the functions that need them: `readsSecrets` in deploy/functions.ts. Nobody else could open them by the key. */
const secrets: readonly unknown[] = [
  { Sid: "Secrets", Effect: "Allow", Action: ["ssm:GetParameter"], Resource: secretsArn },
  {
    Sid: "SecretsAtRest",
    Effect: "Allow",
    Action: ["kms:Decrypt"],
    Resource: { "Fn::GetAtt": ["MasterKey", "Arn"] },
    Condition: {
      StringEquals: {
        "kms:ViaService": { "Fn::Sub": `ssm.\${AWS::Region}.amazonaws.com` },
        "kms:EncryptionContext:PARAMETER_ARN": secretsArn,
      },
    },
  },
];

type Of = Pick<Deployed, "name" | "kind" | "readsSecrets">;

const statements = ({ name, kind, readsSecrets }: Of): readonly unknown[] => [
  {
    Sid: "OwnLog",
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: { "Fn::Sub": `${logGroups}/${functionName(name)}:*` },
  },
  {
    Sid: "Table",
    Effect: "Allow",
    Action: kinds[kind].table.map((action) => `dynamodb:${action}`),
    Resource: { "Fn::GetAtt": ["Table", "Arn"] },
  },
  {
    Sid: "MasterKey",
    Effect: "Allow",
    Action: kinds[kind].key.map((action) => `kms:${action}`),
    Resource: { "Fn::GetAtt": ["MasterKey", "Arn"] },
    Condition: { StringEquals: { "kms:EncryptionContext:application": "keyway" } },
  },
  {
    // The table is encrypted by the same key: DynamoDB opens it on behalf of whoever calls, and for nothing else.
    Sid: "TableAtRest",
    Effect: "Allow",
    Action: ["kms:Decrypt"],
    Resource: { "Fn::GetAtt": ["MasterKey", "Arn"] },
    Condition: {
      StringEquals: {
        "kms:ViaService": { "Fn::Sub": `dynamodb.\${AWS::Region}.amazonaws.com` },
        "kms:EncryptionContext:aws:dynamodb:tableName": stackName,
      },
    },
  },
  ...(kinds[kind].queue.length === 0
    ? []
    : [
        {
          Sid: "WakeQueue",
          Effect: "Allow",
          Action: kinds[kind].queue.map((action) => `sqs:${action}`),
          Resource: { "Fn::GetAtt": ["WakeQueue", "Arn"] },
        },
      ]),
  ...(readsSecrets ? secrets : []),
];

export const role = (of: Of): Resource => ({
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
        PolicyName: "own",
        PolicyDocument: { Version: "2012-10-17", Statement: statements(of) },
      },
    ],
  },
});
