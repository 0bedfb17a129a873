import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actions } from "../../functions/actions.ts";
import { operations } from "../../functions/operations.ts";
import { grants, roleNames } from "../../lib/access/roles.ts";
import type { Action } from "../../lib/action.ts";
import { callFacade, issueAccount, issueCredential } from "../support/facade.ts";
import { type Credentials, rootAccount, startKeyway, type TestKeyway } from "../support/keyway.ts";
import { sendSigned } from "../support/raw.ts";
import { codeOf, sdkClient } from "../support/sdk.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const created = { name: "n", role: "viewer" };

describe("a credential", () => {
  it("is answered with its secrets once, and listed without them", async () => {
    const issued = await issueCredential(keyway, "operator");
    expect(issued.secretId).toMatch(/^AKID[0-9A-Za-z]{32}$/);
    expect(issued.secretKey).toMatch(/^[0-9A-Za-z]{32}$/);
    expect(issued.token).toMatch(/^kwt_[0-9A-Za-z]{38}$/);
    expect(issued.subUin).toMatch(/^1000[1-9]\d{7}$/);
    const list = await callFacade(keyway, "GET", "/v1/credentials?limit=100");
    expect(list.text).toContain(issued.secretId);
    expect(list.text).not.toContain(issued.secretKey);
    expect(list.text).not.toContain(issued.token);
  });

  it("fails at once after it was removed, by signature and by token", async () => {
    const issued = await issueCredential(keyway, "admin");
    const client = sdkClient(keyway, { credentials: issued });
    expect(await codeOf(client.DescribeApiKeyList({}))).toBe("no error");
    expect((await callFacade(keyway, "DELETE", `/v1/credentials/${issued.id}`)).status).toBe(204);
    expect(await codeOf(client.DescribeApiKeyList({}))).toBe("AuthFailure.SecretIdNotFound");
    expect((await callFacade(keyway, "GET", "/v1/credentials", { token: issued.token })).status).toBe(401);
    expect((await callFacade(keyway, "DELETE", `/v1/credentials/${issued.id}`)).status).toBe(404);
  });

  it("is an event when it is made and when it is removed, without its secrets", async () => {
    const { store } = keyway.house;
    const before = await store.lastEventSeq(rootAccount);
    const issued = await issueCredential(keyway, "operator");
    await callFacade(keyway, "DELETE", `/v1/credentials/${issued.id}`);
    const events = await store.readEvents(rootAccount, before, 10);
    expect(events).toMatchObject([
      { type: "credential.created", data: { id: issued.id, role: "operator" } },
      { type: "credential.deleted", data: { id: issued.id, role: "operator" } },
    ]);
    for (const secret of [issued.secretId, issued.secretKey, issued.token]) {
      expect(JSON.stringify(events)).not.toContain(secret);
    }
  });

  it("is paged through without gaps or repeats", async () => {
    const account = await issueAccount(keyway);
    for (let count = 0; count < 5; count++) await issueCredential(keyway, "viewer", { token: account.token });
    const ids: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await callFacade(keyway, "GET", `/v1/credentials?limit=2${query}`, {
        token: account.token,
      });
      const page = body as { items: { id: string }[]; nextCursor: string | null };
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(new Set(ids).size).toBe(6);
    expect(ids).toHaveLength(6);
  });
});

describe("the last administrator", () => {
  it("cannot be removed, not even by two who try together", async () => {
    const first = await issueAccount(keyway);
    const second = await issueCredential(keyway, "admin", { token: first.token });
    const replies = await Promise.all([
      callFacade(keyway, "DELETE", `/v1/credentials/${second.id}`, { token: first.token }),
      callFacade(keyway, "DELETE", `/v1/credentials/${first.id}`, { token: second.token }),
    ]);
    // The one that came second was refused, or had no credential any more.
    const [done, refused] = replies.map(({ status }) => status).sort();
    expect(done).toBe(204);
    expect([401, 409]).toContain(refused);
    const left = replies[0]?.status === 204 ? first : second;
    const last = await callFacade(keyway, "DELETE", `/v1/credentials/${left.id}`, { token: left.token });
    expect([last.status, last.body]).toMatchObject([409, { code: "last_admin" }]);
  });

  it("is not saved by removing the same one twice at once", async () => {
    const first = await issueAccount(keyway);
    const second = await issueCredential(keyway, "admin", { token: first.token });
    const twice = await Promise.all(
      [1, 2].map(() => callFacade(keyway, "DELETE", `/v1/credentials/${second.id}`, { token: first.token })),
    );
    expect(twice.map(({ status }) => status).sort()).toEqual([204, 404]);
    const last = await callFacade(keyway, "DELETE", `/v1/credentials/${first.id}`, { token: first.token });
    expect(last.status).toBe(409);
  });
});

describe("reach", () => {
  it("an administrator of one provider makes no credential for all", async () => {
    const narrow = await issueCredential(keyway, "admin", { providers: ["tokenhub"] });
    const wide = await callFacade(keyway, "POST", "/v1/credentials", { token: narrow.token, body: created });
    expect([wide.status, wide.body]).toMatchObject([403, { code: "permission_denied" }]);
    const equal = { ...created, providers: ["tokenhub"] };
    expect(
      (await callFacade(keyway, "POST", "/v1/credentials", { token: narrow.token, body: equal })).status,
    ).toBe(201);
  });

  it("an administrator cannot make or remove the platform's credential", async () => {
    const admin = await issueCredential(keyway, "admin");
    const body = { name: "n", role: "platform" };
    expect((await callFacade(keyway, "POST", "/v1/credentials", { token: admin.token, body })).status).toBe(
      422,
    );
    const removed = await callFacade(keyway, "DELETE", "/v1/credentials/root", { token: admin.token });
    expect(removed.status).toBe(403);
  });
});

describe("every role", () => {
  it.each(roleNames.filter((role) => role !== "platform"))(
    "%s may do what the table grants, and nothing else",
    async (role) => {
      const issued = await issueCredential(keyway, role);
      for (const operation of operations) {
        const path = operation.path.replace("{id}", "nobody");
        // A proxy's token stands in a header of its own; without a key of its client the answer is 401, if it may ask.
        const proxy = operation.forwarded === true;
        const reply = await callFacade(keyway, operation.method, path, {
          token: proxy ? null : issued.token,
          headers: proxy ? { "x-keyway-token": issued.token } : {},
        });
        expect(reply.status === 403, `${role} ${operation.name}`).toBe(!grants(role, operation.permission));
      }
      for (const action of actions) {
        const refused = await isRefused(action, issued);
        expect(refused, `${role} ${action.name}`).toBe(!grants(role, action.permission));
      }
    },
  );
});

const isRefused = async (action: Action, issued: Credentials): Promise<boolean> => {
  if (action.surface === "rest") {
    const { method, path } = action.route;
    return (await callFacade(keyway, method, path, { token: issued.token })).status === 403;
  }
  const { version } = action.wire;
  const { code } = await sendSigned({ ...keyway, root: issued }, action.name, "{}", { version });
  return code.startsWith("UnauthorizedOperation");
};

describe("another account", () => {
  it("sees, lists, changes and removes nothing of this one, and cannot tell a foreign id from a missing one", async () => {
    const client = sdkClient(keyway);
    const { ApiKeyId = "" } = await client.CreateApiKey({
      ApiKeyName: "mine",
      Platform: "maas",
      BindType: "all",
    });
    const { ApiKey = "" } = await client.DescribeApiKey({ ApiKeyId, Platform: "maas" });
    const stranger = await issueAccount(keyway);
    const other = sdkClient(keyway, { credentials: stranger });
    expect(await other.DescribeApiKeyList({})).toMatchObject({ TotalCount: 0, ApiKeySet: [] });
    const answer = async (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => "found",
        (error: { code: string; message: string }) => `${error.code} ${error.message}`,
      );
    for (const [name, more] of [
      ["DescribeApiKey", {}],
      ["ModifyApiKeyInfo", { Remark: "r" }],
      ["ModifyApiKeyStatus", { Status: "disable" }],
      ["ModifyApiKeyBindings", { BindType: "all" }],
      ["DeleteApiKey", {}],
    ] as const) {
      const foreign = await answer(other.request(name, { ApiKeyId, Platform: "maas", ...more }));
      const missing = await answer(other.request(name, { ApiKeyId: "ak-none", Platform: "maas", ...more }));
      expect(foreign).toBe(missing);
      expect(foreign).toContain("ResourceNotFound");
    }
    expect(await codeOf(other.DescribeApiKey({ ApiKey, Platform: "maas" }))).toBe("ResourceNotFound");
    const removal = await callFacade(keyway, "DELETE", "/v1/credentials/root", { token: stranger.token });
    expect(removal.status).toBe(404);
    const trail = await callFacade(keyway, "GET", "/v1/audit?limit=100", { token: stranger.token });
    expect(trail.text).not.toContain(ApiKeyId);
    expect((await callFacade(keyway, "GET", "/v1/accounts", { token: stranger.token })).status).toBe(403);
    expect((await client.DescribeApiKey({ ApiKeyId, Platform: "maas" })).Status).toBe("enable");
  });
});

describe("the facade's refusals", () => {
  const call = (method: string, path: string, options?: Parameters<typeof callFacade>[3]) =>
    callFacade(keyway, method, path, options);

  it.each<[string, () => ReturnType<typeof call>, number, string]>([
    ["no token", () => call("GET", "/v1/credentials", { token: null }), 401, "authorization_malformed"],
    ["a wrong token", () => call("GET", "/v1/credentials", { token: "x" }), 401, "token_invalid"],
    [
      "a mistyped token",
      () => call("GET", "/v1/credentials", { token: `kwt_${"a".repeat(38)}` }),
      401,
      "token_invalid",
    ],
    ["an unknown path", () => call("GET", "/v1/nothing"), 404, "route_unknown"],
    ["a path outside", () => call("GET", "/etc/passwd"), 404, "route_unknown"],
    ["another method", () => call("PUT", "/v1/credentials", { body: {} }), 405, "method_not_allowed"],
    [
      "another type",
      () => call("POST", "/v1/credentials", { raw: "{}", type: "text/plain" }),
      415,
      "media_type_unsupported",
    ],
    ["no JSON", () => call("POST", "/v1/credentials", { raw: "{" }), 400, "body_malformed"],
    [
      "a huge body",
      () => call("POST", "/v1/credentials", { raw: `"${"x".repeat(1_100_000)}"` }),
      413,
      "body_too_large",
    ],
    ["a list for a body", () => call("POST", "/v1/credentials", { body: [] }), 422, "field_type_invalid"],
    ["a missing field", () => call("POST", "/v1/credentials", { body: { name: "n" } }), 422, "field_missing"],
    [
      "an unknown field",
      () => call("POST", "/v1/credentials", { body: { ...created, id: "x" } }),
      422,
      "field_unknown",
    ],
    [
      "an unknown role",
      () => call("POST", "/v1/credentials", { body: { name: "n", role: "god" } }),
      422,
      "field_value_invalid",
    ],
    [
      "an unknown provider",
      () => call("POST", "/v1/credentials", { body: { ...created, providers: ["x"] } }),
      422,
      "field_value_invalid",
    ],
    ["an unknown query", () => call("GET", "/v1/credentials?foo=1"), 422, "field_unknown"],
    ["a limit too high", () => call("GET", "/v1/credentials?limit=101"), 422, "field_value_invalid"],
    ["a forged cursor", () => call("GET", "/v1/audit?cursor=x"), 400, "cursor_invalid"],
    ["a forged cursor of refusals", () => call("GET", "/v1/audit/refusals?cursor=x"), 400, "cursor_invalid"],
  ])("%s", async (_, send, status, code) => {
    const reply = await send();
    expect(reply.status).toBe(status);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(reply.body).toMatchObject({ status, code, requestId: reply.headers.get("x-request-id") });
    expect(reply.headers.has("www-authenticate")).toBe(status === 401);
  });

  it("a list of all findings comes with a refused body", async () => {
    const reply = await call("POST", "/v1/credentials", { body: { role: "god", extra: 1 } });
    const { errors } = reply.body as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).sort()).toEqual(["extra", "name", "role"]);
    const unknown = await call("POST", "/v1/credentials", { body: { ...created, providers: ["x"] } });
    expect(unknown.body).toMatchObject({ errors: [{ path: "providers" }] });
  });

  it("405 names what the path takes", async () => {
    expect((await call("PUT", "/v1/credentials", { body: {} })).headers.get("allow")).toBe(
      "GET, HEAD, POST, OPTIONS",
    );
  });
});
