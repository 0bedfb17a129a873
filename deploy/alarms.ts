import type { Deployed } from "./functions.ts";
import { functionName, type Resource, stackName } from "./names.ts";

/** Who is told is up to whoever subscribes to the topic. */
export const alarmTopic: Resource = {
  Type: "AWS::SNS::Topic",
  Properties: { TopicName: `${stackName}-alarms` },
};

const periodSeconds = 300;
/** CloudWatch takes ten metrics in one alarm, of which the sum is one. */
const functionsMax = 9;

const alarm = (description: string, about: Readonly<Record<string, unknown>>): Resource => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmDescription: description,
    ...about,
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: 0,
    EvaluationPeriods: 1,
    // Where nobody calls there is nothing to count.
    TreatMissingData: "notBreaching",
    AlarmActions: [{ Ref: "AlarmTopic" }],
    OKActions: [{ Ref: "AlarmTopic" }],
  },
});

/** One number: of the API, of the table. */
const single = (
  description: string,
  Namespace: string,
  MetricName: string,
  dimension: { readonly Name: string; readonly Value: unknown },
): Resource =>
  alarm(description, {
    Namespace,
    MetricName,
    Dimensions: [dimension],
    Statistic: "Sum",
    Period: periodSeconds,
  });

/** The sum over functions. */
const summed = (description: string, MetricName: string, names: readonly string[]): Resource =>
  alarm(description, {
    Metrics: [
      { Id: "total", Expression: "SUM(METRICS())", Label: description },
      ...names.map((name, place) => ({
        Id: `m${place}`,
        ReturnData: false,
        MetricStat: {
          Metric: {
            Namespace: "AWS/Lambda",
            MetricName,
            Dimensions: [{ Name: "FunctionName", Value: functionName(name) }],
          },
          Period: periodSeconds,
          Stat: "Sum",
        },
      })),
    ],
  });

const table = { Name: "TableName", Value: { Ref: "Table" } };

/**
 * A reply of 500 is no error to Lambda, so the API's count of them stands beside the functions' errors: a fault of
 * Keyway's own is seen by one, a function that does not come up by both.
 */
const ofTheWhole: Readonly<Record<string, Resource>> = {
  ApiErrorsAlarm: single("Keyway answers 5xx", "AWS/ApiGateway", "5xx", {
    Name: "ApiId",
    Value: { Ref: "HttpApi" },
  }),
  TableReadThrottlesAlarm: single("The table refuses reads", "AWS/DynamoDB", "ReadThrottleEvents", table),
  TableWriteThrottlesAlarm: single("The table refuses writes", "AWS/DynamoDB", "WriteThrottleEvents", table),
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Few enough for the stack's limit, and each names what it is about. */
export const alarms = (functions: readonly Deployed[]): Readonly<Record<string, Resource>> => {
  const groups = Map.groupBy(functions, ({ group }) => group);
  const shares = [...groups].flatMap(([group, members]) =>
    Array.from({ length: Math.ceil(members.length / functionsMax) }, (_, share) => ({
      id: `${capital(group)}${share + 1}`,
      group,
      names: members.slice(share * functionsMax, (share + 1) * functionsMax).map(({ name }) => name),
    })),
  );
  return {
    ...ofTheWhole,
    ...Object.fromEntries(
      shares.flatMap(({ id, group, names }) => [
        [`${id}ErrorsAlarm`, summed(`Functions of ${group} fail`, "Errors", names)],
        [
          `${id}ThrottlesAlarm`,
          summed(`Functions of ${group} are refused for lack of room`, "Throttles", names),
        ],
      ]),
    ),
  };
};
