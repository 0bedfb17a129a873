import { format, inspect } from "node:util";
import { expect, it } from "vitest";
import { Secret } from "../../lib/keys/secret.ts";

const canary = "canary-of-a-secret";

it.each([
  ["a template", (secret: Secret) => `${secret}`],
  ["JSON", (secret: Secret) => JSON.stringify({ secret })],
  ["inspect", (secret: Secret) => inspect({ deep: [secret] }, { showHidden: true, depth: 9 })],
  ["format", (secret: Secret) => format("%s %o %j", secret, secret, secret)],
  ["an error", (secret: Secret) => String(new Error(`about ${secret}`).stack)],
  ["a clone", (secret: Secret) => inspect(structuredClone({ ...secret }))],
  ["concatenation", (secret: Secret) => `a${String(secret)}`],
])("a secret does not leave through %s", (_, print) => {
  expect(print(new Secret(canary))).not.toContain(canary);
});

it("leaves through expose alone", () => {
  expect(new Secret(canary).expose()).toBe(canary);
});
