import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { fromWire as fromAione } from "../../lib/providers/aione/from-wire.ts";
import { toApiKey } from "../../lib/providers/apigateway/codec.ts";
import { fromWire as fromApigateway } from "../../lib/providers/apigateway/from-wire.ts";
import { toListed } from "../../lib/providers/csip/codec.ts";
import { fromWire as fromCsip } from "../../lib/providers/csip/from-wire.ts";
import type { WireKey } from "../../lib/providers/from-wire.ts";
import { toDetail } from "../../lib/providers/tokenhub/codec.ts";
import { fromWire as fromTokenhub } from "../../lib/providers/tokenhub/from-wire.ts";
import { apiKeyOf } from "../../lib/providers/tokenhub/profile.ts";
import type { KeyResponse } from "../../lib/schemas/aione.ts";
import type { ApiKey } from "../../lib/schemas/apigateway.ts";
import { type AccountId, key as canonical } from "../../lib/schemas/key.ts";
import type { ApiKeyDetail } from "../../lib/schemas/tokenhub.ts";
import type { AccountRecord } from "../../lib/store/port/records.ts";
import aioneSamples from "../vectors/samples/aione.json" with { type: "json" };
import apigatewaySamples from "../vectors/samples/apigateway.json" with { type: "json" };
import csipSamples from "../vectors/samples/csip.json" with { type: "json" };
import tokenhubSamples from "../vectors/samples/tokenhub.json" with { type: "json" };

/** Replies as they are published go through each codec into the canonical key and back, and nothing is lost. */

const account = "100000000001" as AccountId;
const place = { provider: "p", account };
const owner = (change: Partial<AccountRecord>): AccountRecord => ({
  id: account,
  appId: "1300000001",
  organisation: "0b6c7d1e-3a52-4d5a-9a56-0d9f4e4c1a11",
  name: "n",
  createdAt: "2026-01-01T00:00:00.000Z",
  ...change,
});
const valid = (wire: WireKey): WireKey => {
  expect(canonical.parse(wire.key)).toEqual(wire.key);
  return wire;
};

const tokenhubBack = (reply: ApiKeyDetail): unknown => {
  const { key, material } = valid(fromTokenhub(reply, place));
  const value = material === undefined ? key.preview : apiKeyOf(material).expose();
  return { ...toDetail(key, owner({ id: reply.Uin as AccountId, appId: reply.AppId }), []), ApiKey: value };
};

const apigatewayBack = (reply: ApiKey): unknown => {
  const { key, material } = valid(fromApigateway(reply, place));
  if (material === undefined) throw new Error("a reply without its secret");
  return toApiKey({ key, material });
};

const aioneBack = (reply: KeyResponse): unknown => {
  const { key, material } = valid(fromAione(reply, place));
  const before = new Date("2020-01-01T00:00:00Z");
  return toKeyResponse(key, owner({ organisation: reply.org_id }), before, material);
};

type CsipReply = Parameters<typeof fromCsip>[0];
const csipBack = (reply: CsipReply): unknown => {
  const { key } = valid(fromCsip(reply, place));
  const materialKind = reply.CredentialType === "sts" ? "sts" : "fields";
  return toListed({ account, service: "csip", region: "", variant: "", materialKind, generation: 1, key });
};

/** A field that means the same in another form, and why it comes back in ours. */
const normal = (reply: unknown, service: string): unknown => {
  if (service !== "csip") return reply;
  // What is masked is a preview in the canonical key. One published row has milliseconds, which the documentation's own form has not; and null is an empty list.
  const text = JSON.stringify(reply)
    .replace(/(\d\d:\d\d:\d\d)\.\d+Z/g, "$1Z")
    .replace('"Instances":null', '"Instances":[]');
  const { Access: _, STS: __, ...rest } = JSON.parse(text);
  return rest;
};

const samples: readonly (readonly [
  string,
  readonly { readonly source: string; readonly reply: unknown }[],
  (reply: never) => unknown,
])[] = [
  ["tokenhub", tokenhubSamples, tokenhubBack],
  ["apigateway", apigatewaySamples, apigatewayBack],
  ["csip", csipSamples, csipBack],
  ["aione", aioneSamples, aioneBack],
];

describe.each(samples)("%s", (service, replies, back) => {
  it.each(replies)("$source", ({ reply }) => {
    expect(back(reply as never)).toEqual(normal(reply, service));
  });
});

const seconds = fc
  .date({ min: new Date("2000-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}Z`);
const text = fc.string({ unit: "grapheme", maxLength: 20 });

describe("arbitrary replies come back as they went", () => {
  it("of API Gateway", () => {
    const replies: fc.Arbitrary<ApiKey> = fc.record({
      AccessKeyId: fc.stringMatching(/^\w{5,50}$/),
      AccessKeySecret: fc.stringMatching(/^\w{10,50}$/),
      AccessKeyType: fc.constantFrom("auto", "manual"),
      SecretName: text,
      Status: fc.constantFrom(0, 1),
      CreatedTime: seconds,
      ModifiedTime: seconds,
      Tags: fc.uniqueArray(fc.record({ Key: fc.stringMatching(/^[a-z]{1,9}$/), Value: text }), {
        selector: ({ Key }) => Key,
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(replies, (reply) => {
        expect(apigatewayBack(reply)).toEqual(reply);
      }),
    );
  });

  it("of AIone", () => {
    const time = fc.option(seconds.map((one) => one.replace("Z", ".123Z")));
    const limit = fc.option(fc.integer({ min: 1, max: 1_000_000 }));
    const list = fc.option(fc.array(fc.stringMatching(/^[a-z0-9.]{1,9}$/), { minLength: 1, maxLength: 3 }));
    const replies: fc.Arbitrary<KeyResponse> = fc.record({
      id: fc.uuid(),
      org_id: fc.uuid(),
      team_id: fc.option(fc.uuid()),
      name: text,
      key: fc.option(fc.stringMatching(/^sk-nex-[A-Za-z0-9]{38}$/)),
      key_prefix: fc.constant("sk-nex-AbCd"),
      models_allowed: list,
      rpm_limit: limit,
      tpm_limit: limit,
      is_sandbox: fc.boolean(),
      allowed_ips: list,
      expires_at: time,
      rotate_grace_until: time.map((one) => (one === null ? null : `2032${one.slice(4)}`)),
      status: fc.constantFrom("active", "disabled"),
      created_at: seconds.map((one) => one.replace("Z", ".000Z")),
    });
    fc.assert(
      fc.property(replies, (reply) => {
        expect(aioneBack(reply)).toEqual(reply);
      }),
    );
  });
});
