import { type Resource, stackName } from "./names.ts";

/**
 * One table, found by its primary key alone: it has no index. It outlives the stack, and a new stack does not start
 * without it unseen, because its name is taken.
 */
export const table: Resource = {
  Type: "AWS::DynamoDB::Table",
  DeletionPolicy: "Retain",
  UpdateReplacePolicy: "Retain",
  Properties: {
    TableName: stackName,
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
    SSESpecification: {
      SSEEnabled: true,
      SSEType: "KMS",
      KMSMasterKeyId: { "Fn::GetAtt": ["MasterKey", "Arn"] },
    },
    DeletionProtectionEnabled: true,
  },
};
