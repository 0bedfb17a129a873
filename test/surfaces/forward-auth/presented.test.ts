import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyRequest } from "../../../lib/schemas/verify.ts";
import { presentedInHeaders } from "../../../lib/surfaces/forward-auth/presented.ts";
import vectors from "../../vectors/signing/gateway.json" with { type: "json" };

const own = "x-gateway-key";
const key = { call: { key: "k-1" } };
const missing = { fault: "KEY_MISSING" };
const malformed = { fault: "KEY_MALFORMED" };
const ambiguous = { fault: "KEY_AMBIGUOUS" };
const { demo } = vectors.published;
/** RFC 7616, section 3.9.1, in short, and the example of AWS's signature 4. */
const digest =
  'Digest username="Mufasa, bear", realm="a,b", uri="/dir,x", algorithm=MD5, nc=00000001, qop=auth';
const aws =
  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range, Signature=fe5f";
const lower = Object.fromEntries(
  Object.entries(demo.headers).map(([name, value]) => [name.toLowerCase(), value]),
);

it.each<[what: string, headers: Record<string, string>, found: unknown]>([
  ["nothing", {}, missing],
  ["a bearer", { authorization: "Bearer k-1" }, key],
  ["a scheme in any case (RFC 9110, section 11.1)", { authorization: "bearer k-1" }, key],
  ["x-api-key", { "x-api-key": "k-1" }, key],
  ["the configured header", { [own]: "k-1" }, key],
  ["a header that is not configured", { "x-other-key": "k-1" }, missing],
  ["empty ones", { authorization: "", "x-api-key": "", [own]: "" }, missing],
  ["one key three times", { authorization: "Bearer k-1", "x-api-key": "k-1", [own]: "k-1" }, key],
  ["two keys", { authorization: "Bearer k-1", "x-api-key": "k-2" }, ambiguous],
  ["two keys, elsewhere", { "x-api-key": "k-1", [own]: "k-2" }, ambiguous],
  ["keys that differ in case", { "x-api-key": "k-1", [own]: "K-1" }, ambiguous],
  ["a line that came twice, joined", { "x-api-key": "k-1, k-1" }, malformed],
  ["Authorization twice", { authorization: "Bearer k-1, Bearer k-2" }, malformed],
  ["a good key beside one that cannot be read", { "x-api-key": "k-1", [own]: "k 1" }, malformed],
  ["a scheme without a key", { authorization: "Bearer", "x-api-key": "k-1" }, malformed],
  ["two tokens", { authorization: "Bearer k-1 k-2" }, malformed],
  ["beyond ASCII", { "x-api-key": "k-\u00e9" }, malformed],
  ["far too long", { "x-api-key": "k".repeat(4097) }, malformed],
  ["another scheme, which is the application's", { authorization: "Basic dXNlcjpwYXNz" }, missing],
  ["another scheme beside a key", { authorization: "Basic dXNlcjpwYXNz", "x-api-key": "k-1" }, key],
  ["Digest, whose parameters have commas", { authorization: digest, "x-api-key": "k-1" }, key],
  ["AWS, too", { authorization: aws, "x-api-key": "k-1" }, key],
  ...[
    "Basic zzz, Bearer k-2",
    "Basic zzz,bearer k-2",
    'Basic zzz, "Bearer" k-2',
    "Basic zzz, hmac k-2",
    'Basic ", Bearer k-2',
    "Basic zzz, k-2",
    "Basic zzz, Bearer=k-2",
    `${digest}, k-2`,
    ", Bearer k-2",
    "k-2",
    "Bearer: k-2",
    "Bearer=k-2",
    '"Bearer" k-2',
    "Bearer,k-2",
    "Basic ",
    "Basic , Bearer k-2",
  ].map((authorization): [string, Record<string, string>, unknown] => [
    `what an application may take for a key, beside a good one: ${authorization}`,
    { authorization, "x-api-key": "k-1" },
    malformed,
  ]),
  ["a signature", { ...lower, authorization: demo.authorization }, { call: { signed: expect.anything() } }],
  [
    "a signature beside a key",
    { ...lower, authorization: demo.authorization, "x-api-key": "k-1" },
    ambiguous,
  ],
  ["a signature without what it signs", { authorization: demo.authorization }, malformed],
  ["half a signature", { ...lower, authorization: 'hmac id="x"' }, malformed],
])("%s", (_, headers, found) => {
  expect(presentedInHeaders(headers, own)).toEqual(found);
});

it("of the headers, those go on that the signature names, and no others", () => {
  const sent = { ...lower, authorization: demo.authorization, cookie: "session=1" };
  const found = presentedInHeaders(sent, null);
  if ("fault" in found) throw new Error(found.fault);
  expect(Object.keys(found.call.signed?.headers ?? {}).toSorted()).toEqual([...demo.names].toSorted());
});

describe("whatever is sent", () => {
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("Bearer ", "hmac ", demo.authorization, "k-1", "x".repeat(5000)),
    fc.string().map((text) => `Bearer ${text}`),
  );
  const headers = fc.record(
    { authorization: value, "x-api-key": value, [own]: value, "x-date": value, source: value },
    { requiredKeys: [] },
  );

  it("is a key that the verifier takes, or a fault", () => {
    fc.assert(
      fc.property(headers, (sent) => {
        const found = presentedInHeaders(sent, own);
        if (!("fault" in found)) expect(verifyRequest.safeParse(found.call).success).toBe(true);
      }),
    );
  });
});
