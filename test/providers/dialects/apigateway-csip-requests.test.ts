import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { type Asked, nothingAsked } from "../../../lib/keys/asked.ts";
import { Secret } from "../../../lib/keys/secret.ts";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import { csipDialect } from "../../../lib/providers/csip/dialect.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import * as apigateway from "../../../lib/schemas/apigateway.ts";
import * as csip from "../../../lib/schemas/csip.ts";

/** The strict request schemas come from the documentation, so that what passes them is what the service takes. */
const schemas: Readonly<Record<string, z.ZodType>> = {
  CreateApiKey: apigateway.createApiKeyRequest,
  DescribeApiKey: apigateway.keyRequest,
  DescribeApiKeysStatus: apigateway.describeApiKeysStatusRequest,
  UpdateApiKey: apigateway.updateApiKeyRequest,
  EnableApiKey: apigateway.keyRequest,
  DisableApiKey: apigateway.keyRequest,
  DeleteApiKey: apigateway.keyRequest,
  DescribeKeySandboxCredential: csip.describeKeySandboxCredentialRequest,
  DescribeKeySandboxCredentialList: csip.describeKeySandboxCredentialListRequest,
};

/** The action and its input, once the schema has taken it as it goes over the wire. */
const taken = (call: NativeCall | undefined): readonly [string, Record<string, unknown>] => {
  if (call?.surface !== "tencent") throw new Error("not a call of API 3.0");
  const input = JSON.parse(JSON.stringify(call.input));
  const schema = schemas[call.action];
  if (schema === undefined) throw new Error(`no schema of ${call.action}`);
  expect(schema.parse(input)).toEqual(input);
  return [call.action, input];
};

const id = fc.stringMatching(/^[\w-]{1,128}$/);
const offset = fc.integer({ min: 0, max: 1_000_000 });
const status = fc.constantFrom("enabled" as const, "disabled" as const);

describe("requests to API Gateway pass its strict schemas", () => {
  const word = (min: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9_]{${min},50}$`));
  const pair = fc
    .record({ id: word(5), secret: word(10) })
    .map(({ id, secret }) => ({ kind: "pair" as const, id, secret: new Secret(secret) }));
  const tags = fc.dictionary(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
    fc.string({ maxLength: 255 }),
    { maxKeys: 50 },
  );
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,50}$/);

  it("of reads, of status and of removal, for any id and page", () => {
    fc.assert(
      fc.property(id, offset, status, (one, from, wanted) => {
        expect(taken(apigatewayDialect.list(from))[1]).toEqual({ Limit: 100, Offset: from });
        const calls = [
          apigatewayDialect.read(one),
          apigatewayDialect.setStatus?.(one, wanted),
          apigatewayDialect.remove?.(one),
          apigatewayDialect.rotate?.(one, undefined),
        ].map((call) => taken(call));
        expect(calls.map(([action]) => action)).toEqual([
          "DescribeApiKey",
          wanted === "enabled" ? "EnableApiKey" : "DisableApiKey",
          "DeleteApiKey",
          "UpdateApiKey",
        ]);
        for (const [, input] of calls) expect(input).toEqual({ AccessKeyId: one });
      }),
    );
  });

  it("of creation and rotation, with the pair that was brought along", () => {
    fc.assert(
      fc.property(name, fc.option(pair, { nil: undefined }), tags, (named, material, wanted) => {
        const type = material === undefined ? "auto" : "manual";
        const asked: Asked = { ...nothingAsked, name: named, tags: wanted, native: { type, usagePlans: [] } };
        const [, input] = taken(apigatewayDialect.create?.(asked, material));
        const Tags = Object.entries(wanted).map(([Key, Value]) => ({ Key, Value }));
        const halves = material && {
          AccessKeyId: material.id,
          AccessKeySecret: material.secret.expose(),
        };
        expect(input).toEqual({
          SecretName: named,
          AccessKeyType: type,
          ...halves,
          ...(Tags.length > 0 && { Tags }),
        });
        if (material === undefined) return;
        const renewed = apigatewayDialect.rotate?.("the_key", material);
        expect(taken(renewed)[1]).toEqual({ ...halves, AccessKeyId: "the_key" });
      }),
    );
  });

  it("but a material of another kind is refused without a word of it", () => {
    const asked: Asked = { ...nothingAsked, name: "n", native: { type: "manual", usagePlans: [] } };
    const token = { kind: "token", value: new Secret("made-up-for-a-test") } as const;
    for (const [act, path] of [
      [() => apigatewayDialect.create?.(asked, token), "material.kind"],
      [() => apigatewayDialect.rotate?.("an_id", token), "material.kind"],
    ] as const) {
      expect(act).toThrow(
        expect.objectContaining({
          code: "field_value_invalid",
          message: expect.not.stringMatching(/made.up|another/),
          issues: [expect.objectContaining({ path })],
        }),
      );
    }
  });

  it("and there is none that changes a key", () => {
    expect(apigatewayDialect.change).toBeUndefined();
  });
});

describe("requests to Key Sandbox pass its strict schemas", () => {
  it("of reads, and there are no others", () => {
    fc.assert(
      fc.property(id, offset, (one, from) => {
        expect(taken(csipDialect.list(from))[1]).toEqual({ Filter: { Limit: 200, Offset: from } });
        expect(taken(csipDialect.read(one))[1]).toEqual({ CredentialId: one });
      }),
    );
    const { create, change, setStatus, rotate, remove } = csipDialect;
    expect([create, change, setStatus, rotate, remove].every((call) => call === undefined)).toBe(true);
  });
});
