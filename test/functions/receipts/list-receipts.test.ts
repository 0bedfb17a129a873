import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { receiptForm } from "../../../lib/receipts/receipt.ts";
import { receipt, receiptList } from "../../../lib/schemas/receipt.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf, type Issued, providerNames } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sdkClient } from "../../support/sdk.ts";
import { eventsAbout } from "../../support/storage.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const list = async (query: string, token = keyway.root.token) =>
  receiptList.parse((await facade.call("GET", `/v1/receipts?${query}`, undefined, { token })).body);
const of = async (provider: string, id: string) => (await list(`provider=${provider}&key=${id}`)).items;
const stopped = z.object({ receipt });
const pathOf = (provider: string, { key }: Issued) => `/v1/keys/${provider}/${key.id}`;
const isValid = async ({ material }: Issued): Promise<boolean> => {
  const key = z.object({ value: z.string() }).parse(material).value;
  const { body } = await facade.call("POST", "/v1/verify?scope=partial", { key });
  return z.object({ valid: z.boolean() }).parse(body).valid;
};
const timeOfEntry = async (): Promise<string> => {
  const [entry] = await keyway.house.store.readAuditBackwards(rootAccount, null, 1);
  return z.object({ time: z.string() }).parse(JSON.parse(entry?.text ?? "")).time;
};

// A credential of a sandbox knows no status.
it.each(providerNames.filter((provider) => provider !== "csip"))(
  "a key of %s that is disabled is answered with its receipt, the commit's own",
  async (provider) => {
    const made = await facade.create(provider);
    const reply = await facade.call("POST", `${pathOf(provider, made)}/disable`);
    const told = stopped.parse(reply.body).receipt;
    const time = await timeOfEntry();
    expect(told).toEqual({
      id: expect.stringMatching(receiptForm),
      provider,
      key: made.key.id,
      generation: null,
      cause: "disabled",
      stoppedAt: time,
      answeredAt: time,
      evidence: "commit",
      state: "done",
      attempts: 0,
      unproven: null,
    });
    expect(reply.headers.get("keyway-receipt")).toBe(told.id);
    expect(reply.headers.get("keyway-stopped-at")).toBe(time);
    expect(await of(provider, made.key.id)).toEqual([told]);
    const events = await eventsAbout(keyway.folder, rootAccount, `${provider}/${made.key.id}`);
    expect(events.at(-1)).toMatchObject({
      type: "key.disabled",
      data: { stoppedAt: time, receipt: told.id },
    });
  },
);

describe.each(providerNames)("a key of %s", (provider) => {
  it("that is deleted is answered without a body, and its receipt outlives it", async () => {
    const made = await facade.create(provider);
    if (provider === "apigateway") await facade.call("POST", `${pathOf(provider, made)}/disable`);
    const reply = await facade.call("DELETE", `${pathOf(provider, made)}?confirm=${made.key.id}`);
    expect([reply.status, reply.text]).toEqual([204, ""]);
    const [told] = await of(provider, made.key.id);
    expect(told).toMatchObject({ cause: "deleted", stoppedAt: await timeOfEntry(), evidence: "commit" });
    expect(reply.headers.get("keyway-receipt")).toBe(told?.id);
    expect(reply.headers.get("keyway-stopped-at")).toBe(told?.stoppedAt);
  });
});

describe("a rotation", () => {
  const rotate = async (made: Issued, grace: number) =>
    stopped.parse((await facade.call("POST", `${pathOf("aione", made)}/rotate`, { grace })).body).receipt;

  it("without a grace ends the secret before with its commit", async () => {
    const made = await facade.create("aione");
    const told = await rotate(made, 0);
    expect(told).toMatchObject({ generation: 1, cause: "rotated", stoppedAt: await timeOfEntry() });
    expect(await isValid(made)).toBe(false);
  });

  it("with a grace ends it at a time that is told beforehand, and another rotation sooner, which is told, too", async () => {
    const made = await facade.create("aione");
    const graced = await rotate(made, 3600);
    expect(graced).toMatchObject({ generation: 1, cause: "grace_ended", evidence: "commit", state: "done" });
    const { body } = await facade.call("GET", pathOf("aione", made));
    expect(graced.stoppedAt).toBe(
      z.object({ key: z.object({ graceUntil: z.string() }) }).parse(body).key.graceUntil,
    );
    expect(await isValid(made)).toBe(true);
    const next = await rotate(made, 60);
    const time = await timeOfEntry();
    const receipts = await of("aione", made.key.id);
    expect(receipts).toHaveLength(3);
    expect(receipts).toContainEqual(next);
    expect(receipts).toContainEqual(graced);
    expect(receipts).toContainEqual(
      expect.objectContaining({ generation: 1, cause: "rotated", stoppedAt: time }),
    );
    expect(next).toMatchObject({ generation: 2, cause: "grace_ended" });
    // Of several about one secret the earliest is true.
    expect(await isValid(made)).toBe(false);
  });
});

describe("what is recorded", () => {
  it("is what happened: a refused change leaves no receipt, a repeated one the first", async () => {
    const made = await facade.create("aione");
    const disable = (headers: Record<string, string>) =>
      facade.call("POST", `${pathOf("aione", made)}/disable`, undefined, { headers });
    expect((await disable({ "if-match": '"99"' })).status).toBe(412);
    expect(await of("aione", made.key.id)).toEqual([]);
    const first = await disable({ "idempotency-key": `receipt-${made.key.id}` });
    const again = await disable({ "idempotency-key": `receipt-${made.key.id}` });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("keyway-receipt")).toBe(first.headers.get("keyway-receipt"));
    expect(again.body).toEqual(first.body);
    expect(await of("aione", made.key.id)).toHaveLength(1);
  });

  it("is of the services' own calls, too, and of each part of a batch, also of one that is sent twice", async () => {
    const client = sdkClient(keyway);
    const platform = { Platform: "maas" };
    const { ApiKeyId = "" } = await client.CreateApiKey({ ApiKeyName: "n", ...platform, BindType: "all" });
    await client.ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" });
    await client.DeleteApiKey({ ApiKeyId, ...platform });
    expect((await of("tokenhub", ApiKeyId)).map(({ cause }) => cause)).toEqual(["deleted", "disabled"]);

    const [one, two] = [await facade.create("aione"), await facade.create("aione")];
    const operations = [
      { op: "disable", provider: "aione", id: one.key.id },
      { op: "delete", provider: "aione", id: two.key.id, confirm: two.key.id },
    ];
    const send = () =>
      facade.call("POST", "/v1/keys:batch", { operations }, { headers: { "idempotency-key": one.key.id } });
    const { body } = await send();
    const [[kept], [gone]] = [await of("aione", one.key.id), await of("aione", two.key.id)];
    expect(gone).toMatchObject({ cause: "deleted" });
    const outcomes = [
      { status: 200, body: expect.objectContaining({ receipt: kept }) },
      { status: 204, body: { receipt: gone } },
    ];
    expect(body).toEqual({ outcomes });
    expect((await send()).body).toEqual({ outcomes });
    expect(await of("aione", two.key.id)).toHaveLength(1);
  });

  it("of a key that is enabled again stays, and a new end has a receipt of its own", async () => {
    const made = await facade.create("aione");
    for (const what of ["disable", "enable", "disable"]) {
      await facade.call("POST", `${pathOf("aione", made)}/${what}`);
    }
    const [last, first, ...more] = await of("aione", made.key.id);
    expect(more).toEqual([]);
    expect(Date.parse(first?.stoppedAt ?? "")).toBeLessThanOrEqual(Date.parse(last?.stoppedAt ?? ""));
  });

  it("is paged, the newest first, each once", async () => {
    const all = (await list("limit=100")).items.map(({ id }) => id);
    expect(all.length).toBeGreaterThan(10);
    expect(all).toEqual(all.toSorted().toReversed());
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await list(`limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`);
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });
});

describe("nobody reads", () => {
  it("receipts of another account, nor of providers beyond the credential", async () => {
    const made = await facade.create("aione");
    await facade.call("POST", `${pathOf("aione", made)}/disable`);
    const tenant = await issueAccount(keyway);
    expect(await list("limit=100", tenant.token)).toEqual({ items: [], nextCursor: null });
    const limited = await issueCredential(keyway, "viewer", { providers: ["tokenhub"] });
    const seen = (await list("limit=100", limited.token)).items;
    expect(new Set(seen.map(({ provider }) => provider))).toEqual(new Set(["tokenhub"]));
    const { token } = limited;
    const refused = await facade.call("GET", "/v1/receipts?provider=aione", undefined, { token });
    expect(refused.status).toBe(403);
  });

  it.each(["cursor=rcp-1", "cursor=~", "limit=0", "key=", "state=done"])("by %s", async (query) => {
    expect((await facade.call("GET", `/v1/receipts?${query}`)).status).toBeGreaterThanOrEqual(400);
  });
});
