import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { actions } from "../functions/actions.ts";
import configuration from "../serverless.ts";

/** What is deployed follows the table of actions and stays inside the platform's limits. */

const functions = Object.entries(configuration.functions ?? {});
const roles = configuration.resources?.Resources ?? {};

const stageLengthMax = 15;
const functionNameLengthMax = 64;

/** To all services, and of no action. */
const doors = ["http", "verify-authorizer"];

it("every action has a function, and beside them there are only the one door and the authorizer", () => {
  const kebab = (name: string): string =>
    name
      .match(/[A-Z][a-z]+/g)
      ?.join("-")
      .toLowerCase() ?? "";
  const expected = actions.map(({ profile: { service }, name }) => `${service}-${kebab(name)}`);
  expect(functions.map(([name]) => name).toSorted()).toEqual([...doors, ...expected].toSorted());
});

it("each action's file exports its handler and, besides, that action alone", async () => {
  const found: unknown[] = [];
  for (const [name, { handler }] of functions) {
    const file = String(handler).replace(/\.handler$/, "");
    expect(existsSync(new URL(`../${file}.ts`, import.meta.url)), file).toBe(true);
    if (doors.includes(name)) continue;
    const [, service, action] = file.split("/");
    const module: Record<string, unknown> = await import(`../functions/${service}/${action}.ts`);
    expect(module.handler, file).toBeTypeOf("function");
    const { handler: _, ...others } = module;
    const exported = Object.values(others).filter((value) => actions.some((action) => action === value));
    expect(exported, file).toHaveLength(1);
    expect(name).toBe(`${service}-${action}`);
    found.push(...exported);
  }
  expect(new Set(found)).toEqual(new Set(actions));
});

describe.each(functions)("%s", (name, settings) => {
  it("its full name fits for every stage of up to 15 characters", () => {
    const full = `${configuration.service}-${"s".repeat(stageLengthMax)}-${name}`;
    expect(full.length).toBeLessThanOrEqual(functionNameLengthMax);
  });

  it("it has a role of its own, which may write this function's log and nothing else", () => {
    expect(functions.filter(([, other]) => other.role === settings.role)).toHaveLength(1);
    expect(roles[String(settings.role)]).toEqual({
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
  });

  it(name === "http" ? "everything without a route comes to it" : "nothing comes to it unless bound", () => {
    expect(settings.events).toEqual(name === "http" ? [{ httpApi: "*" }] : undefined);
  });
});

it("no role is left over, and none allows a wildcard action", () => {
  expect(Object.keys(roles).toSorted()).toEqual(functions.map(([, { role }]) => String(role)).toSorted());
  expect(JSON.stringify(roles)).not.toMatch(/"Action":(\[[^\]]*)?"[^"]*\*/);
});

it("runtime, architecture and packaging are the promised ones, and a fault in the configuration is an error", () => {
  expect(configuration.provider).toMatchObject({ runtime: "nodejs24.x", architecture: "arm64" });
  expect(configuration.package).toEqual({ individually: true });
  expect(configuration.configValidationMode).toBe("error");
});

it("a call ends before the gateway gives up on it", () => {
  expect(configuration.provider.timeout).toBeLessThan(30);
});

it("the authorizer is asked at each call: what a gateway keeps would outlive a key's revocation", () => {
  expect(configuration.provider).toMatchObject({
    httpApi: {
      authorizers: {
        keyway: {
          type: "request",
          functionName: "verify-authorizer",
          payloadVersion: "2.0",
          enableSimpleResponses: true,
          resultTtlInSeconds: 0,
        },
      },
    },
  });
});
