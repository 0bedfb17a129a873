import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigFault } from "../../lib/runtime/config.ts";
import { readSecrets, SecretsAway } from "../../lib/runtime/secrets.ts";
import { kmsRegion } from "../support/kms-keys.ts";
import { startSsm, type TestSsm } from "../support/ssm.ts";

/** What a function is told by the Parameter Store, and what it says of what it is not told. */

const name = "/keyway-test/secrets";
const secret = "made-up-for-a-test-0123456789";
let ssm: TestSsm;
let env: Record<string, string>;
beforeAll(async () => {
  ssm = await startSsm();
  env = {
    AWS_REGION: kmsRegion,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "made-up",
    AWS_ENDPOINT_URL_SSM: ssm.url,
    KEYWAY_SECRETS: name,
  };
});
afterAll(() => ssm.stop());

it("reads the one parameter, decrypted, and nothing else is taken for a variable of it", async () => {
  ssm.put(name, JSON.stringify({ REAL_TOKEN: secret }));
  const { values } = await readSecrets(env, ["REAL_TOKEN"]);
  expect(values).toEqual({ REAL_TOKEN: secret });
  expect(ssm.asked).toEqual([name]);
});

it.each([
  ["that needs none of its values", (): object => env, []],
  ["without one", (): object => ({ ...env, KEYWAY_SECRETS: undefined }), ["REAL_TOKEN"]],
  ["with an empty name", (): object => ({ ...env, KEYWAY_SECRETS: "" }), ["REAL_TOKEN"]],
])("a process %s asks for nothing, and goes by its environment", async (_, environment, needed) => {
  const before = ssm.asked.length;
  const own = environment() as Record<string, string | undefined>;
  expect((await readSecrets(own, needed)).values).toBe(own);
  expect(ssm.asked).toHaveLength(before);
});

const faultOf = async (): Promise<Error> => {
  try {
    await readSecrets(env, ["REAL_TOKEN"]);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it was read");
};

describe("what is wrong is told with the parameter's name, and with no value", () => {
  it.each<[string, () => void, string]>([
    [
      "no parameter",
      () => ssm.remove(name),
      "ParameterNotFound, request request-1; there is no such parameter",
    ],
    ["no permission", () => ssm.fail("AccessDeniedException"), "allow the function's role ssm:GetParameter"],
    ["a code that nobody knows", () => ssm.fail("InvalidKeyId"), "InvalidKeyId"],
    ["one that is kept in clear", () => ssm.put(name, "{}", "String"), "must be a SecureString"],
    [
      "no JSON",
      () => ssm.put(name, `{"REAL_TOKEN":"${secret}`),
      "must hold a JSON object of names and texts",
    ],
    ["a list", () => ssm.put(name, `["${secret}"]`), "must hold a JSON object of names and texts"],
    ["what is no text", () => ssm.put(name, `{"a":{"b":"${secret}"}}`), "must hold a JSON object"],
  ])("%s", async (_, wrong, words) => {
    wrong();
    const fault = await faultOf();
    expect(fault).toBeInstanceOf(ConfigFault);
    expect(fault.message).toContain(`KEYWAY_SECRETS: the parameter ${name} `);
    expect(fault.message).toContain(words);
    expect(fault.message).not.toContain(secret);
    expect(fault.cause).toBeUndefined();
  });
});

it("a store that throttles or fails for a moment is asked again, and told apart where it goes on", async () => {
  ssm.put(name, "{}");
  ssm.fail("ThrottlingException", 500);
  expect((await readSecrets(env, ["REAL_TOKEN"])).values).toEqual({});
  ssm.fail(500, 500, 500, 500);
  expect(await faultOf()).toBeInstanceOf(SecretsAway);
});
