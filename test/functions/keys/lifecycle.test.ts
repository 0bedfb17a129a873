import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { facadeOf, type ProviderName, providerNames } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const call: ReturnType<typeof facadeOf>["call"] = (...of) => facade.call(...of);

describe.each(providerNames)("a key of %s", (provider: ProviderName) => {
  it("is created, read, revealed and deleted; only creation and reveal carry its material", async () => {
    const { key, material } = await facade.create(provider);
    const path = `/v1/keys/${provider}/${key.id}`;
    const read = await call("GET", path);
    expect(read.body).toEqual({ key });
    expect(read.headers.get("etag")).toBe(`"${key.version}"`);

    const revealed = await call("POST", `${path}/reveal`);
    expect(revealed.body).toEqual({ material });
    for (const text of secretTexts(material)) expect(read.text).not.toContain(text);

    if (provider === "apigateway") await call("POST", `${path}/disable`);
    expect((await call("DELETE", path)).status).toBe(428);
    expect((await call("DELETE", `${path}?confirm=another`)).status).toBe(428);
    const gone = await call("DELETE", `${path}?confirm=${key.id}`);
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect((await call("GET", path)).status).toBe(404);
  });

  it("is changed under its version alone", async () => {
    const { key } = await facade.create(provider);
    const path = `/v1/keys/${provider}/${key.id}`;
    expect((await call("PATCH", path, { tags: { a: "b" } })).status).toBe(428);
    const changed = await call("PATCH", path, { tags: { a: "b" } }, { headers: { "if-match": '"1"' } });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ key: { tags: { a: "b" }, version: 2, name: key.name } });
    expect(changed.headers.get("etag")).toBe('"2"');
    const late = await call("PATCH", path, { tags: {} }, { headers: { "if-match": '"1"' } });
    expect([late.status, late.body]).toEqual([412, expect.objectContaining({ code: "version_mismatch" })]);
    expect((await call("PATCH", path, { tags: {} }, { headers: { "if-match": 'W/"2"' } })).status).toBe(412);
    expect((await call("PATCH", path, { tags: {} }, { headers: { "if-match": "*" } })).status).toBe(200);
    expect((await call("PATCH", path, {}, { headers: { "if-match": "*" } })).status).toBe(422);
  });

  it("takes each settable field as it was read, and asks for nothing by it; a whole key is no change", async () => {
    const { key } = await facade.create(provider);
    const path = `/v1/keys/${provider}/${key.id}`;
    const headers = { "if-match": "*" };
    const { name, description, scope, ipAllowlist, limits, sandbox, expiresAt, tags, native } = key;
    const { team } = key.owner as { team: string | null };
    const settable = { name, description, scope, ipAllowlist, limits, sandbox, expiresAt, tags, native };
    const same = await call("PATCH", path, { ...settable, owner: { team } }, { headers });
    expect([same.status, same.text]).toEqual([200, expect.any(String)]);
    const { version: _, updatedAt: __, ...before } = key;
    expect(same.body).toMatchObject({ key: before });
    const whole = await call("PATCH", path, key, { headers });
    expect([whole.status, whole.body]).toEqual([422, expect.objectContaining({ code: "field_unknown" })]);
  });

  it("answers 304 to whoever has its version already, and HEAD without a body", async () => {
    const { key } = await facade.create(provider);
    const path = `/v1/keys/${provider}/${key.id}`;
    const known = await call("GET", path, undefined, { headers: { "if-none-match": '"1"' } });
    expect([known.status, known.text]).toEqual([304, ""]);
    const head = await call("HEAD", path);
    expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", '"1"']);
  });
});

const secretTexts = (material: unknown): readonly string[] => {
  if (typeof material === "string") return material.length > 10 ? [material] : [];
  if (typeof material !== "object" || material === null) return [];
  // The id of a pair stands in clear.
  return Object.entries(material).flatMap(([name, value]) => (name === "id" ? [] : secretTexts(value)));
};

describe("a rotation", () => {
  it("of AIone lets the old secret work for the grace that was asked for", async () => {
    const { key, material } = await facade.create("aione");
    const path = `/v1/keys/aione/${key.id}/rotate`;
    const rotated = await call("POST", path, { grace: 60, reason: "a test" });
    expect(rotated.status).toBe(200);
    const body = rotated.body as {
      key: { graceUntil: string; version: number };
      material: { value: string };
    };
    expect(Date.parse(body.key.graceUntil) - Date.now()).toBeGreaterThan(50_000);
    const works = async (token: string) =>
      (await fetch(`${keyway.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status;
    const old = (material as unknown as { value: string }).value;
    expect([await works(old), await works(body.material.value)]).toEqual([200, 200]);
    await call("POST", path, { grace: 0 });
    expect([await works(old), await works(body.material.value)]).toEqual([401, 401]);
  });

  it.each([
    ["apigateway", {}, null],
    ["apigateway", { grace: 60 }, 60],
    ["tokenhub", {}, 86_400],
    ["tokenhub", { grace: 0 }, null],
  ])("of %s, asked for %j, has a grace of %s", async (provider, body, seconds) => {
    const { key, material } = await facade.create(provider);
    const rotated = await call("POST", `/v1/keys/${provider}/${key.id}/rotate`, body);
    const after = rotated.body as { key: { id: string; graceUntil: string | null }; material: object };
    expect([rotated.status, after.key.id]).toEqual([200, key.id]);
    const { graceUntil } = after.key;
    if (seconds === null) expect(graceUntil).toBeNull();
    else expect(Math.abs(Date.parse(graceUntil ?? "") - Date.now() - seconds * 1000)).toBeLessThan(5000);
    const isValid = async (of: object | null): Promise<unknown> => {
      const { kind: _, value, ...pair } = { ...of } as { kind: string; value?: string };
      const shown = value ?? pair;
      return ((await call("POST", "/v1/verify?scope=partial", { key: shown })).body as { valid: unknown })
        .valid;
    };
    expect([await isValid(material), await isValid(after.material)]).toEqual([seconds !== null, true]);
  });

  it("of Key Sandbox takes the material that comes along", async () => {
    const { key } = await facade.create("csip");
    const material = { kind: "sts", system: "cos", secretId: "AKIDmade-up", secretKey: "made-up-key" };
    expect((await call("POST", `/v1/keys/csip/${key.id}/rotate`, { material })).body).toMatchObject({
      material,
    });
    expect((await call("POST", `/v1/keys/csip/${key.id}/reveal`)).body).toEqual({ material });
  });
});

it("a key of TokenHub created here is the same key there, scope and bindings in line", async () => {
  const { key } = await facade.create("tokenhub", {
    scope: { models: ["hunyuan-turbo"], endpoints: ["ep-1"] },
    limits: { tokenQuotas: [{ cycle: "month", tokens: "1000", startDay: 5 }] },
    ipAllowlist: ["10.0.0.0/24"],
  });
  expect(key).toMatchObject({
    scope: { models: ["hunyuan-turbo"], endpoints: ["ep-1"] },
    native: {
      bindings: [
        { ResourceId: "hunyuan-turbo", ResourceType: "model" },
        { ResourceId: "ep-1", ResourceType: "endpoint" },
      ],
      quotaPackages: [{ cycle: "month" }],
    },
  });
});
