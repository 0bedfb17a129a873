import { type Resource, stage } from "./names.ts";

/**
 * The master key: without it nothing that the table holds can be opened, so it outlives the stack, too. The account
 * administers it, and who may use it is said by IAM, as the roles of the functions do.
 */
export const masterKey: Resource = {
  Type: "AWS::KMS::Key",
  DeletionPolicy: "Retain",
  UpdateReplacePolicy: "Retain",
  Properties: {
    Description: `Keyway, stage ${stage}: wraps the keys that secrets are sealed by, and encrypts the table`,
    EnableKeyRotation: true,
    PendingWindowInDays: 30,
    KeyPolicy: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "AccountAdministers",
          Effect: "Allow",
          Principal: { AWS: { "Fn::Sub": `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root` } },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    },
  },
};
