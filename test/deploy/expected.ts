import type { Kind } from "../../deploy/roles.ts";

/** What policies may say, apart from the code that makes them. */

/** What each kind of function may do with the table and, in Keyway's own context, with the key. */
const granted: Readonly<Record<Kind, readonly [table: string, key: string, queue?: string]>> = {
  managing: [
    "BatchGetItem ConditionCheckItem DeleteItem PutItem Query UpdateItem",
    "Decrypt GenerateDataKey",
    "SendMessage",
  ],
  delivering: [
    "BatchGetItem ConditionCheckItem DeleteItem PutItem Query UpdateItem",
    "Decrypt GenerateDataKey",
    "DeleteMessage GetQueueAttributes ReceiveMessage",
  ],
  reading: ["BatchGetItem ConditionCheckItem PutItem Query UpdateItem", "Decrypt"],
  verifying: ["BatchGetItem PutItem UpdateItem", "Decrypt"],
  witnessing: ["BatchGetItem Query", "Decrypt"],
};
const actionsOf = (service: string, names: string): readonly string[] =>
  names.split(" ").map((name) => `${service}:${name}`);
export const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

const secretsArn = {
  "Fn::Sub": `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/keyway-dev/secrets`,
};

/** The policy of a function's role; the actions in the order of their names. */
export const statementsOf = (name: string, kind: Kind, readsSecrets = false): readonly unknown[] => {
  const [table, key, queue] = granted[kind];
  return [
    {
      Sid: "OwnLog",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: {
        "Fn::Sub": `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/keyway-dev-${name}:*`,
      },
    },
    { Sid: "Table", Effect: "Allow", Action: actionsOf("dynamodb", table), Resource: arnOf("Table") },
    {
      Sid: "MasterKey",
      Effect: "Allow",
      Action: actionsOf("kms", key),
      Resource: arnOf("MasterKey"),
      Condition: { StringEquals: { "kms:EncryptionContext:application": "keyway" } },
    },
    {
      Sid: "TableAtRest",
      Effect: "Allow",
      Action: ["kms:Decrypt"],
      Resource: arnOf("MasterKey"),
      Condition: {
        StringEquals: {
          "kms:ViaService": { "Fn::Sub": `dynamodb.\${AWS::Region}.amazonaws.com` },
          "kms:EncryptionContext:aws:dynamodb:tableName": "keyway-dev",
        },
      },
    },
    ...(queue === undefined
      ? []
      : [
          {
            Sid: "WakeQueue",
            Effect: "Allow",
            Action: actionsOf("sqs", queue),
            Resource: arnOf("WakeQueue"),
          },
        ]),
    ...(readsSecrets
      ? [
          { Sid: "Secrets", Effect: "Allow", Action: ["ssm:GetParameter"], Resource: secretsArn },
          {
            Sid: "SecretsAtRest",
            Effect: "Allow",
            Action: ["kms:Decrypt"],
            Resource: arnOf("MasterKey"),
            Condition: {
              StringEquals: {
                "kms:ViaService": { "Fn::Sub": `ssm.\${AWS::Region}.amazonaws.com` },
                "kms:EncryptionContext:PARAMETER_ARN": secretsArn,
              },
            },
          },
        ]
      : []),
  ];
};

/** Where a wildcard may stand: in which resources, what, and why. */
export const reasons: readonly (readonly [where: RegExp, what: RegExp, why: string])[] = [
  [
    /Role$/,
    /^\{"Fn::Sub":"arn:[^"*]+:log-group:\/aws\/lambda\/keyway-dev-[a-z-]+:\*"\}$/,
    "the streams of the function's own log group, whose names Lambda makes up",
  ],
  [
    /^MasterKey$/,
    /^"kms:\*"$/,
    "the account administers its key: with less, a key can become one that nobody can change",
  ],
  [/^MasterKey$/, /^"\*"$/, "in a key's policy it is that key"],
  [
    /^ServerlessDeploymentBucketPolicy$/,
    /^("s3:\*"|\{"Fn::Join":.*"\/\*"\]\]\})$/,
    "it denies: nothing in the bucket of the packages is reached without TLS",
  ],
];
