import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callFacade, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** Of the operations without a body of their own to get wrong, and of a batch as a whole. */

let keyway: TestKeyway;
let key: string;
let tokens: Readonly<Record<"viewer" | "auditor" | "verifier", string>>;
beforeAll(async () => {
  keyway = await startKeyway();
  key = (await facadeOf(keyway).create("aione")).key.id;
  const tokenOf = async (role: string): Promise<string> => (await issueCredential(keyway, role)).token;
  tokens = {
    viewer: await tokenOf("viewer"),
    auditor: await tokenOf("auditor"),
    verifier: await tokenOf("verifier"),
  };
});
afterAll(() => keyway.stop());

interface Sent {
  readonly method?: string;
  /** `{key}` is one that is there. */
  readonly path: string;
  readonly body?: unknown;
  readonly raw?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null for none; the root's where absent. */
  readonly as?: keyof typeof tokens | null;
}
type Row = readonly [title: string, sent: Sent, status: number, code: string, path?: string];

const sync = "/v1/providers/aione/sync";
const reveal = "/v1/keys/aione/{key}/reveal";
const batch = "/v1/keys:batch";
const providers = "/v1/providers";
const twice = { operations: [{ op: "enable", provider: "aione", id: "none" }] };

const rows: Readonly<Record<string, readonly Row[]>> = {
  sync: [
    ["of no provider", { path: "/v1/providers/nowhere/sync" }, 404, "not_found", "provider"],
    ["of no name", { path: "/v1/providers/AIone/sync" }, 422, "field_value_invalid", "name"],
    ["of what Keyway keeps itself", { path: sync }, 422, "unsupported", "sync"],
    ["with a field", { path: sync, body: { force: true } }, 422, "field_unknown", "force"],
    ["with a list", { path: sync, body: [] }, 422, "field_type_invalid", ""],
    ["with a query", { path: `${sync}?full=1` }, 422, "field_unknown", "full"],
    ["with a query that names twice", { path: `${sync}?a=1&a=2` }, 400, "common_malformed"],
    ["with half a body", { path: sync, raw: "{" }, 400, "body_malformed"],
    ["with a form", { path: sync, raw: "a=1", type: "text/plain" }, 415, "media_type_unsupported"],
    ["by GET", { path: sync, method: "GET" }, 405, "method_not_allowed"],
    [
      "under a long key",
      { path: sync, headers: { "idempotency-key": "x".repeat(256) } },
      400,
      "idempotency_key_invalid",
    ],
    ["by one who reads", { path: sync, as: "viewer" }, 403, "permission_denied"],
    ["by nobody", { path: sync, as: null }, 401, "authorization_malformed"],
  ],
  reveal: [
    ["of no key", { path: "/v1/keys/aione/none/reveal" }, 404, "not_found"],
    ["of no provider", { path: "/v1/keys/nowhere/none/reveal" }, 404, "not_found", "provider"],
    ["of no provider's name", { path: "/v1/keys/AIone/none/reveal" }, 422, "field_value_invalid", "provider"],
    ["of a long id", { path: `/v1/keys/aione/${"x".repeat(257)}/reveal` }, 422, "field_value_invalid", "id"],
    ["with a field", { path: reveal, body: { generation: 1 } }, 422, "field_unknown", "generation"],
    ["with a query", { path: `${reveal}?all=1` }, 422, "field_unknown", "all"],
    ["with half a body", { path: reveal, raw: '{"a":' }, 400, "body_malformed"],
    ["by GET", { path: reveal, method: "GET" }, 405, "method_not_allowed"],
    ["by one who reads", { path: reveal, as: "viewer" }, 403, "permission_denied"],
    ["by one who reads the trail", { path: reveal, as: "auditor" }, 403, "permission_denied"],
    ["by nobody", { path: reveal, as: null }, 401, "authorization_malformed"],
  ],
  batch: [
    ["without a body", { path: batch }, 422, "field_missing", "operations"],
    ["that is a list", { path: batch, body: [] }, 422, "field_type_invalid", ""],
    [
      "with a field beside it",
      { path: batch, body: { ...twice, atomic: true } },
      422,
      "field_unknown",
      "atomic",
    ],
    ["with a query", { path: `${batch}?atomic=1`, body: twice }, 422, "field_unknown", "atomic"],
    ["in half", { path: batch, raw: '{"operations":[' }, 400, "body_malformed"],
    ["in another form", { path: batch, raw: "[]", type: "application/xml" }, 415, "media_type_unsupported"],
    ["beyond a megabyte", { path: batch, raw: " ".repeat(1024 * 1024 + 1) }, 413, "body_too_large"],
    ["by PUT", { path: batch, method: "PUT", body: twice }, 405, "method_not_allowed"],
    [
      "under a key of two words",
      { path: batch, body: twice, headers: { "idempotency-key": "a b" } },
      400,
      "idempotency_key_invalid",
    ],
    ["by one who verifies", { path: batch, body: twice, as: "verifier" }, 403, "permission_denied"],
    ["by nobody", { path: batch, body: twice, as: null }, 401, "authorization_malformed"],
  ],
  "list of providers": [
    ["with a query", { path: `${providers}?name=aione`, method: "GET" }, 422, "field_unknown", "name"],
    ["in half an escape", { path: `${providers}?%e0`, method: "GET" }, 400, "common_malformed"],
    ["by POST", { path: providers, body: {} }, 405, "method_not_allowed"],
    ["by one who verifies", { path: providers, method: "GET", as: "verifier" }, 403, "permission_denied"],
    [
      "by a token that is none",
      { path: providers, method: "GET", headers: { authorization: "Bearer of-nobody" } },
      401,
      "token_invalid",
    ],
    ["by nobody", { path: providers, method: "GET", as: null }, 401, "authorization_malformed"],
  ],
};

for (const [operation, table] of Object.entries(rows)) {
  describe(`a ${operation} is refused`, () => {
    for (const [title, { method = "POST", path, as, ...sent }, status, code, place] of table) {
      it(title, async () => {
        const reply = await callFacade(keyway, method, path.replace("{key}", key), {
          ...sent,
          ...(as !== undefined && { token: as === null ? null : tokens[as] }),
        });
        expect([reply.status, reply.headers.get("content-type"), reply.body]).toEqual([
          status,
          "application/problem+json",
          expect.objectContaining({ status, code, requestId: reply.headers.get("x-request-id") }),
        ]);
        const { errors } = reply.body as { errors?: readonly { path: string }[] };
        expect(errors?.map((error) => error.path)).toEqual(place === undefined ? undefined : [place]);
      });
    }
  });
}
