import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { actions } from "../functions/actions.ts";
import configuration from "../serverless.ts";

/**
 * What is deployed follows the table of actions and stays inside the platform's limits. What CloudFormation makes of it is
 * in test/deploy/.
 */

const functions = Object.entries(configuration.functions ?? {});

const stageLengthMax = 15;
const functionNameLengthMax = 64;

/** To all services, and of no action. */
const doors = ["http", "verify", "webhooks", "verify-authorizer", "sweep", "deliver", "emit-checkpoints"];

it("every action has a function, and beside them there are only the doors and the jobs", () => {
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

  it("it has a role of its own", () => {
    expect(functions.filter(([, other]) => other.role === settings.role)).toHaveLength(1);
  });

  it("nothing comes to it unless bound, or by these routes and this clock", () => {
    const events: Readonly<Record<string, readonly unknown[]>> = {
      http: [{ httpApi: "*" }],
      verify: [{ httpApi: "ANY /v1/verify" }, { httpApi: "ANY /v1/verify/{proxy+}" }],
      webhooks: [{ httpApi: "ANY /webhooks/{proxy+}" }, { httpApi: "POST /v1/leaks" }],
      sweep: [{ schedule: { rate: ["rate(1 minute)"] } }],
      deliver: [
        { schedule: { rate: ["rate(1 minute)"] } },
        { sqs: { arn: { "Fn::GetAtt": ["WakeQueue", "Arn"] }, batchSize: 10 } },
      ],
      "emit-checkpoints": [{ schedule: { rate: ["rate(1 hour)"] } }],
    };
    expect(settings.events).toEqual(events[name]);
  });
});

it("runtime, architecture and packaging are the promised ones, and a fault in the configuration is an error", () => {
  expect(configuration.provider).toMatchObject({ runtime: "nodejs24.x", architecture: "arm64" });
  expect(configuration.package).toMatchObject({ individually: true });
  expect(configuration.configValidationMode).toBe("error");
  expect(configuration.provider).toMatchObject({
    versionFunctions: false,
    stackTags: { application: "keyway", stage: `\${sls:stage}` },
  });
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
