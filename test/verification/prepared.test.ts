import { afterAll, beforeAll, expect, it } from "vitest";
import { parseAddress } from "../../lib/keys/allowlist.ts";
import { refusalOf } from "../../lib/keys/verdict.ts";
import type { PresentedKey } from "../../lib/store/port/presented.ts";
import { preparedOnce } from "../../lib/verification/prepared.ts";
import { freshAccount, keyRecord, withKey } from "../contract/store/samples.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(async () => {
  await keyway.stop();
});

const found = (ipAllowlist: readonly string[]): PresentedKey => ({
  record: withKey(keyRecord(freshAccount()), {
    ipAllowlist: [...ipAllowlist],
    status: "enabled",
    expiresAt: null,
  }),
  secret: { generation: 1, until: null },
  accountRules: undefined,
});

const outsider = "203.0.113.9";

it.each<[readonly string[], readonly string[]]>([
  [[], [""]],
  [[""], []],
  [["203.0.113.9", "192.0.2.1"], ["203.0.113.9,192.0.2.1"]],
])("lists that are shared are equal: %j is not %j", async (first, second) => {
  const codeOf = (preparedOf: ReturnType<typeof preparedOnce>, list: readonly string[]) =>
    refusalOf(preparedOf(found(list)).subject, {
      address: parseAddress(outsider),
      model: undefined,
      endpoint: undefined,
      partial: true,
      now: Date.now(),
    }) ?? "VALID";
  const { vault } = keyway.house;
  const alone = [codeOf(preparedOnce(vault), first), codeOf(preparedOnce(vault), second)];
  const together = preparedOnce(vault);
  expect([codeOf(together, first), codeOf(together, second)]).toEqual(alone);
  expect(new Set(alone)).toEqual(new Set(["VALID", "IP_DENIED"]));
});

it("short lists are one object for many keys, long ones are each their key's", () => {
  const preparedOf = preparedOnce(keyway.house.vault);
  const allowlistOf = (length: number) =>
    preparedOf(found(Array.from({ length }, (_, at) => `192.0.2.${at}`))).subject.allowlist;
  expect(allowlistOf(16)).toBe(allowlistOf(16));
  expect(allowlistOf(17)).not.toBe(allowlistOf(17));
  expect(allowlistOf(17)).toEqual(allowlistOf(17));
});
