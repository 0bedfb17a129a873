import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csipDialect } from "../../../lib/providers/csip/dialect.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import { key as canonical } from "../../../lib/schemas/key.ts";
import { access, credentialsOf, type StoredCredentials, sts } from "../../support/csip-credentials.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sendSigned } from "../../support/raw.ts";

/** The dialect's calls, sent to a Keyway that plays Key Sandbox; its credentials are made by the engine itself. */

const place = { provider: "real", account: rootAccount };
const { list, listed, read, key } = csipDialect;
/** As its requests ask for. */
const pageSize = 200;

let real: TestKeyway;
let credentials: StoredCredentials;
beforeAll(async () => {
  real = await startKeyway();
  credentials = await credentialsOf(real);
});
afterAll(() => real.stop());

const reply = async (call: NativeCall): Promise<{ readonly code: string; readonly response: unknown }> => {
  if (call.surface !== "tencent") throw new Error("not a call of API 3.0");
  const { code, text } = await sendSigned(real, call.action, JSON.stringify(call.input), {
    version: "2022-11-21",
  });
  return { code, response: JSON.parse(text).Response };
};
const ask = async (call: NativeCall): Promise<unknown> => {
  const { code, response } = await reply(call);
  expect(code).toBe("ok");
  return response;
};

describe("a credential of Key Sandbox", () => {
  it.each([
    [
      "of fields",
      access(["SecretId", "AKIDmadeupforthis"], ["Token", "short"]),
      { Exclude: 0 as const, Instances: ["ins-abc12345"] },
      "SecretId=AKI***, Token=***",
    ],
    [
      "of a pair with its system",
      sts("tencentCam", "AKIDmadeupforthat", "made-up-secret-key"),
      { Exclude: 1 as const, Instances: [] },
      "tencentCam: AKI***",
    ],
  ] as const)("%s: is read with its scope, and masked only", async (_, material, scope, preview) => {
    const id = await credentials.create("生产凭证", material, { ...scope, Instances: [...scope.Instances] });
    const seen = key(await ask(read(id)), place);
    expect(canonical.parse(seen.key)).toEqual(seen.key);
    expect(seen.key).toMatchObject({ id, name: "生产凭证", status: "enabled", preview, native: scope });
    expect(seen.material).toBeUndefined();
  });

  it("that is gone is not found", async () => {
    const id = await credentials.create("gone", access(["Token", "made-up-value"]));
    await credentials.remove(id);
    expect((await reply(read(id))).code).toBe("ResourceNotFound");
  });

  it("is in one page of the list", async () => {
    const before = listed(await ask(list(0)), place).total;
    const ids = await Promise.all(
      Array.from({ length: pageSize + 2 - before }, () =>
        credentials.create("one of many", access(["Token", "made-up-value"])),
      ),
    );
    const pages = [listed(await ask(list(0)), place), listed(await ask(list(pageSize)), place)];
    expect(pages.map(({ keys, total }) => [keys.length, total])).toEqual([
      [pageSize, pageSize + 2],
      [2, pageSize + 2],
    ]);
    const keys = pages.flatMap(({ keys }) => keys);
    const all = new Set(keys.map(({ key }) => String(key.id)));
    expect(all.size).toBe(pageSize + 2);
    for (const id of ids) expect(all).toContain(id);
    for (const { key, material } of keys) {
      expect(canonical.parse(key)).toEqual(key);
      expect(material).toBeUndefined();
    }
  });
});
