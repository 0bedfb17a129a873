import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { hasChecksum } from "../../../lib/keys/random.ts";
import { callFacade, type FacadeReply, issueAccount, issueCredential } from "../../support/facade.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

const keys = "/api/v1/gateway/keys";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The documented fields, in the documented order. */
const fields = [
  "id",
  "org_id",
  "team_id",
  "name",
  "key",
  "key_prefix",
  "models_allowed",
  "rpm_limit",
  "tpm_limit",
  "is_sandbox",
  "allowed_ips",
  "expires_at",
  "rotate_grace_until",
  "status",
  "created_at",
];
const response = z.looseObject({
  id: z.string(),
  org_id: z.string(),
  key: z.string().nullable(),
  key_prefix: z.string(),
  created_at: z.string(),
});
const list = z.object({ items: z.array(response), total: z.number() });

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const call = (method: string, path = "", body?: unknown, token?: string): Promise<FacadeReply> =>
  callFacade(keyway, method, `${keys}${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(token === undefined ? {} : { token }),
  });
const created = async (body: object): Promise<z.infer<typeof response>> =>
  response.parse((await call("POST", "", body)).body);

describe("a key", () => {
  it("is created with all that was asked for, and read, listed and deleted", async () => {
    const wanted = {
      name: "生产 key",
      team_id: "6fa459ea-ee8a-3ca4-894e-db77e160355e",
      models_allowed: ["gpt-5.4", "claude-sonnet-4-6"],
      rpm_limit: 60,
      tpm_limit: 100_000,
      is_sandbox: true,
      allowed_ips: ["10.0.0.0/8", "2001:db8::/32", "::1"],
      expires_at: "2099-01-01T08:00:00+08:00",
    };
    const reply = await call("POST", "", wanted);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/json");
    const made = response.parse(reply.body);
    expect(Object.keys(JSON.parse(reply.text))).toEqual(fields);
    expect(made).toMatchObject({
      ...wanted,
      expires_at: "2099-01-01T00:00:00.000Z",
      rotate_grace_until: null,
      status: "active",
    });
    expect(made.id).toMatch(uuid);
    expect(made.key).toMatch(/^sk-nex-[0-9A-Za-z]{38,}$/);
    expect(hasChecksum((made.key ?? "").slice("sk-nex-".length))).toBe(true);
    expect((await call("GET", `/${made.id}`)).body).toEqual({ ...made, key: null });
    const all = list.parse((await call("GET")).body);
    expect(all.items[0]).toEqual({ ...made, key: null });
    expect(all.total).toBe(all.items.length);
    const gone = await call("DELETE", `/${made.id}`);
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect([(await call("DELETE", `/${made.id}`)).status, (await call("GET", `/${made.id}`)).status]).toEqual(
      [404, 404],
    );
  });

  it("of a name alone is unrestricted, and unknown fields are ignored", async () => {
    expect(await created({ name: "n", status: "disabled", id: "x" })).toMatchObject({
      team_id: null,
      models_allowed: null,
      rpm_limit: null,
      tpm_limit: null,
      is_sandbox: false,
      allowed_ips: null,
      expires_at: null,
      status: "active",
    });
  });

  it("takes a thousand models", async () => {
    const models_allowed = Array.from({ length: 1000 }, (_, n) => `model-${n}`);
    expect(await created({ name: "n", models_allowed })).toMatchObject({ models_allowed });
  });

  it("is updated in part: absent stays, null clears, the rest cannot be changed", async () => {
    const made = await created({ name: "n", rpm_limit: 5, tpm_limit: 6, allowed_ips: ["::1"] });
    const changed = await call("PUT", `/${made.id}`, {
      name: "m",
      rpm_limit: null,
      models_allowed: ["a"],
      is_sandbox: true,
      expires_at: "2001-01-01T00:00:00Z",
    });
    expect(changed.status).toBe(200);
    const wanted = { ...made, key: null, name: "m", rpm_limit: null, models_allowed: ["a"] };
    expect(changed.body).toEqual(wanted);
    expect((await call("PUT", `/${made.id}`, {})).body).toEqual(wanted);
    expect((await call("PUT", `/${made.id}`, { models_allowed: [], allowed_ips: null })).body).toEqual({
      ...wanted,
      models_allowed: null,
      allowed_ips: null,
    });
  });

  it("shows four characters of its secret, its organisation and when it was made", async () => {
    const made = response.parse((await call("POST", "", { name: "x".repeat(255) })).body);
    expect(made.key_prefix).toBe(made.key?.slice(0, "sk-nex-".length + 4));
    expect(made.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
    expect(Math.abs(Date.parse(made.created_at) - Date.now())).toBeLessThan(5000);
    expect(made.org_id).toMatch(uuid);
    expect((await created({ name: "n" })).org_id).toBe(made.org_id);
    const { token } = await issueAccount(keyway);
    const other = response.parse((await call("POST", "", { name: "n" }, token)).body);
    expect(other.org_id).toMatch(uuid);
    expect(other.org_id).not.toBe(made.org_id);
  });

  it("stands in the list newest first, without its secret", async () => {
    const { token } = await issueAccount(keyway);
    const made = [];
    for (const name of ["a", "b", "c"]) {
      made.unshift(response.parse((await call("POST", "", { name }, token)).body));
      await sleep(2);
    }
    const reply = await call("GET", "", undefined, token);
    expect(reply.body).toEqual({ items: made.map((one) => ({ ...one, key: null })), total: 3 });
    for (const { key } of made) expect(reply.text).not.toContain(key);
  });

  it("is disabled and enabled, as often as anybody likes", async () => {
    const { id } = await created({ name: "n" });
    for (const [what, status] of [
      ["disable", "disabled"],
      ["disable", "disabled"],
      ["enable", "active"],
      ["enable", "active"],
    ]) {
      const reply = await call("PUT", `/${id}/${what}`);
      expect([reply.status, reply.body]).toEqual([200, expect.objectContaining({ status, key: null })]);
    }
  });
});

describe("callers", () => {
  it("without a token, or with a wrong one, are told to bring one", async () => {
    for (const token of [null, "wrong", "sk-nex-nothing"]) {
      const reply = await callFacade(keyway, "GET", keys, { token });
      expect(reply.status).toBe(401);
      expect(reply.headers.get("www-authenticate")).toBe("Bearer");
      expect(reply.body).toEqual({ detail: expect.any(String) });
    }
  });

  it("that are a key themselves manage nothing", async () => {
    const { key } = await created({ name: "n" });
    const reply = await call("GET", "", undefined, key ?? "");
    expect([reply.status, reply.body]).toEqual([403, { detail: expect.any(String) }]);
  });

  it("that may only look get 403 for the rest", async () => {
    const { token } = await issueCredential(keyway, "viewer");
    const { id } = await created({ name: "n" });
    for (const [method, path, status] of [
      ["GET", "", 200],
      ["GET", `/${id}`, 200],
      ["POST", "", 403],
      ["PUT", `/${id}`, 403],
      ["PUT", `/${id}/rotate`, 403],
      ["PUT", `/${id}/disable`, 403],
      ["PUT", `/${id}/enable`, 403],
      ["DELETE", `/${id}`, 403],
    ] as const) {
      const body = status === 403 ? { name: "m" } : undefined;
      const reply = await call(method, path, body, token);
      expect(reply.status, `${method} ${path}`).toBe(status);
      if (status === 403) expect(reply.body).toEqual({ detail: expect.any(String) });
    }
    expect((await call("GET", `/${id}`)).body).toMatchObject({ name: "n", status: "active" });
    const elsewhere = await issueCredential(keyway, "admin", { providers: ["tokenhub"] });
    expect((await call("GET", "", undefined, elsewhere.token)).status).toBe(403);
  });

  it("of another account see nothing, and cannot tell a foreign key from a missing one", async () => {
    const { token } = await issueAccount(keyway);
    const { id } = await created({ name: "mine" });
    expect((await call("GET", "", undefined, token)).body).toEqual({ items: [], total: 0 });
    for (const [method, rest] of [
      ["GET", ""],
      ["PUT", ""],
      ["PUT", "/rotate"],
      ["PUT", "/disable"],
      ["PUT", "/enable"],
      ["DELETE", ""],
    ] as const) {
      const body = method === "PUT" && rest === "" ? { name: "theirs" } : undefined;
      const foreign = await call(method, `/${id}${rest}`, body, token);
      const missing = await call(method, `/6fa459ea-ee8a-3ca4-894e-db77e160355e${rest}`, body, token);
      expect([foreign.status, foreign.body]).toEqual([404, { detail: "Key not found" }]);
      expect([missing.status, missing.body]).toEqual([foreign.status, foreign.body]);
    }
    expect((await call("GET", `/${id}`)).body).toMatchObject({ name: "mine", status: "active" });
  });
});
