import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let id: string;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  id = (await facade.create("aione")).key.id;
});
afterAll(() => keyway.stop());

describe("a change refuses", () => {
  it.each<readonly [title: string, body: unknown, code: string, path: string, message: string]>([
    [
      "a status",
      { status: "disabled" },
      "unsupported",
      "status",
      "The parameter `status` is not changed here: change it by `POST …/enable` or `POST …/disable`.",
    ],
    [
      "a material",
      { name: "n", material: { kind: "token", value: "made-up" } },
      "unsupported",
      "material",
      "The parameter `material` is not changed here: change it by `POST …/rotate`.",
    ],
    ["a name that is none", { nam: "n" }, "field_unknown", "nam", "The parameter `nam` is not recognized."],
    ["nothing", {}, "field_missing", "", "At least one field is required."],
    ["a list", [], "field_type_invalid", "", "The body must be an Object."],
  ])("%s, in one error", async (_, body, code, path, message) => {
    const reply = await facade.call("PATCH", `/v1/keys/aione/${id}`, body, { headers: { "if-match": "*" } });
    expect([reply.status, reply.body]).toEqual([
      422,
      expect.objectContaining({ code, detail: message, errors: [{ path, message }] }),
    ]);
  });

  it("the secret of an API Gateway key that makes its own, and lacks the one of a key that does not", async () => {
    const rotate = (of: string, body: object) =>
      facade.call("POST", `/v1/keys/apigateway/${of}/rotate`, body);
    const wrong = { status: 422, code: "field_value_invalid", errors: [{ path: "material" }] };
    const { key: own } = await facade.create("apigateway");
    const pair = { kind: "pair", id: own.id, secret: "0123456789" };
    expect((await rotate(own.id, { material: pair })).body).toMatchObject(wrong);
    const material = { ...pair, id: "brought_along" };
    await facade.create("apigateway", { material });
    expect((await rotate(material.id, {})).body).toMatchObject(wrong);
  });
});
