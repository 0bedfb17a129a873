import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { type Resource, stackName } from "./names.ts";

/** Of what is deployed, and of the tables that tests stand on. */
export const tableKeys = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
} satisfies Pick<CreateTableCommandInput, "AttributeDefinitions" | "KeySchema">;

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
    ...tableKeys,
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
