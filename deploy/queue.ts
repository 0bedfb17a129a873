import { deliverSeconds } from "./functions.ts";
import { type Resource, stackName } from "./names.ts";

/** A message is a word that there is something to deliver. Those that come together are one call of the function. */
export const wakeQueue: Resource = {
  Type: "AWS::SQS::Queue",
  Properties: {
    QueueName: `${stackName}-wake`,
    SqsManagedSseEnabled: true,
    // What is older was found by the clock.
    MessageRetentionPeriod: 3600,
    // As AWS advises: six times what the function may take, or a message comes again while it is worked on.
    VisibilityTimeout: 6 * deliverSeconds,
    RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["WakeDeadLetters", "Arn"] }, maxReceiveCount: 3 },
  },
};

/** A message here is a function that failed three times, which its alarm tells, too. */
export const wakeDeadLetters: Resource = {
  Type: "AWS::SQS::Queue",
  Properties: {
    QueueName: `${stackName}-wake-dead`,
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 1_209_600,
  },
};
