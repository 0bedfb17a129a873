import { afterAll, beforeAll, expect, it } from "vitest";
import { callFacade, issueCredential } from "../support/facade.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

it("a removed credential is nobody's from the next turn on, and one turn's calls see one answer", async () => {
  const { authenticator } = keyway.house;
  const { id, secretId } = await issueCredential(keyway, "viewer");
  const together = {};
  const [one, other] = await Promise.all([
    authenticator.bySecretId(secretId, together),
    authenticator.bySecretId(secretId, together),
  ]);
  expect(one?.principal.credential).toBe(id);
  expect(other).toBe(one);
  expect((await callFacade(keyway, "DELETE", `/v1/credentials/${id}`)).status).toBe(204);
  expect(await authenticator.bySecretId(secretId, {})).toBeUndefined();
  expect(await authenticator.bySecretId(secretId)).toBeUndefined();
  expect(await authenticator.bySecretId(secretId, together)).toBe(one);
});

it("an unknown SecretId is unknown to each call of a turn", async () => {
  const together = {};
  const { authenticator } = keyway.house;
  for (const secretId of ["AKIDnobody", "__proto__", "AKIDnobody"]) {
    expect(await authenticator.bySecretId(secretId, together)).toBeUndefined();
  }
});
