import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { readTrail } from "../../lib/audit/trail.ts";
import { Refusal } from "../../lib/errors.ts";
import type { Caller } from "../../lib/providers/caller.ts";
import type { EmbeddedProvider } from "../../lib/providers/embedded.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { directionFaults, readSources } from "../../scripts/check-directions.ts";
import { rootAccount, startKeyway } from "../support/keyway.ts";
import { type RawReply, sendSigned } from "../support/raw.ts";
import { toDraft } from "./toy/codec.ts";
import { createTokenReply, describeTokenReply, describeTokensReply } from "./toy/schemas.ts";
import { placedSources } from "./toy/support/placed.ts";
import { startToyKeyway } from "./toy/support/server.ts";
import { toyWire } from "./toy/wire.ts";

/** A fifth service, added as docs/adding-a-service.md says: a folder of its own and two longer lists. */

const region = "ap-guangzhou";

let toy: Awaited<ReturnType<typeof startToyKeyway>>;
beforeAll(async () => {
  toy = await startToyKeyway();
});
afterAll(() => toy.stop());

const send: typeof toy.send = (...call) => toy.send(...call);
const bodyOf = ({ text }: RawReply): unknown => JSON.parse(text).Response;

const create = async (TokenName: string, Locked = false) =>
  createTokenReply.parse(bodyOf(await send("CreateToken", { TokenName, Locked })));
const list = async (filter: { readonly Locked?: boolean } = {}) =>
  describeTokensReply.parse(bodyOf(await send("DescribeTokens", filter)));

/** Each test begins without a token. */
afterEach(async () => {
  for (const { TokenId } of (await list()).Tokens) {
    await send("ModifyToken", { TokenId, Locked: false });
    expect((await send("DeleteToken", { TokenId })).code).toBe("ok");
  }
});

describe("a token over HTTP", () => {
  it("is created, read, listed and deleted", async () => {
    const { Secret, RequestId: _, ...token } = await create("first");
    expect(token).toMatchObject({ TokenName: "first", Locked: false });
    expect(token.TokenId).toMatch(/^tok-\d{12}$/);
    expect(Secret).toMatch(/^toy_[0-9A-Za-z]{30}$/);
    const { TokenId } = token;
    const read = describeTokenReply.parse(bodyOf(await send("DescribeToken", { TokenId })));
    expect(read).toMatchObject({ ...token, Secret });
    const { Tokens, TotalCount } = await list();
    expect(Tokens).toEqual([{ ...token, Masked: `toy_...${Secret.slice(-2)}` }]);
    expect(TotalCount).toBe(1);
    expect((await send("DeleteToken", { TokenId })).code).toBe("ok");
    expect(await list()).toMatchObject({ Tokens: [], TotalCount: 0 });
  });

  it("is listed by the variant that its profile makes of it", async () => {
    const open = await create("open");
    const locked = await create("locked", true);
    expect((await list({ Locked: true })).Tokens.map(({ TokenId }) => TokenId)).toEqual([locked.TokenId]);
    expect((await list({ Locked: false })).Tokens.map(({ TokenId }) => TokenId)).toEqual([open.TokenId]);
  });

  it("is in the audit trail, change and reading, and its secret in neither trail nor log", async () => {
    const { TokenId, Secret } = await create("audited");
    await send("DescribeToken", { TokenId });
    const target = `toy/${TokenId}`;
    const { items } = await readTrail(toy.house.store, rootAccount, null, 5);
    const entries = items.map(({ entry }) => JSON.stringify(entry));
    expect(entries.some((text) => text.includes("toy:CreateToken") && text.includes(target))).toBe(true);
    expect(entries.some((text) => text.includes("toy:DescribeToken") && text.includes(target))).toBe(true);
    expect(entries.join("")).not.toContain(Secret);
    await new Promise((resolve) => setImmediate(resolve));
    expect(toy.log()).toContain("toy:DescribeToken");
    expect(toy.log()).not.toContain(Secret);
  });
});

describe("what the profile decides holds at its door", () => {
  it("the count limit, under parallel creations, and room again after a deletion", async () => {
    const codes = await Promise.all(
      Array.from({ length: 8 }, async (_, place) => {
        const { code } = await send("CreateToken", { TokenName: `t${place}` });
        return code;
      }),
    );
    expect(codes.filter((code) => code === "ok")).toHaveLength(3);
    expect(codes.filter((code) => code === "LimitExceeded.TokenCount")).toHaveLength(5);
    const [first] = (await list()).Tokens;
    await send("DeleteToken", { TokenId: first?.TokenId });
    expect((await send("CreateToken", { TokenName: "again" })).code).toBe("ok");
  });

  it("names of errors: its own where it has some, else those of API 3.0", async () => {
    const codes = {
      absent: (await send("DescribeToken", { TokenId: "tok-000000000000" })).code,
      long: (await send("CreateToken", { TokenName: "n".repeat(21) })).code,
      unnamed: (await send("CreateToken", {})).code,
      stray: (await send("CreateToken", { TokenName: "n", Stray: 1 })).code,
      action: (await send("CreateApiKey", {})).code,
    };
    expect(codes).toEqual({
      absent: "ResourceNotFound.NoSuchToken",
      long: "InvalidParameterValue.TokenField",
      unnamed: "MissingParameter",
      stray: "UnknownParameter",
      action: "InvalidAction",
    });
  });

  it("its rule: a locked token is neither renamed nor deleted until it is unlocked", async () => {
    const { TokenId } = await create("kept", true);
    const locked = "UnsupportedOperation.TokenLocked";
    expect((await send("ModifyToken", { TokenId, TokenName: "other" })).code).toBe(locked);
    expect((await send("DeleteToken", { TokenId })).code).toBe(locked);
    expect((await list()).Tokens).toMatchObject([{ TokenId, TokenName: "kept", Locked: true }]);
    expect((await send("ModifyToken", { TokenId, Locked: false })).code).toBe("ok");
    expect((await send("ModifyToken", { TokenId, TokenName: "other" })).code).toBe("ok");
    expect((await list()).Tokens).toMatchObject([{ TokenId, TokenName: "other", Locked: false }]);
  });
});

describe("what the profile decides holds for every caller of the engine", () => {
  const engine = async (): Promise<{ readonly provider: EmbeddedProvider; readonly caller: Caller }> => {
    const provider = toy.house.native("toy");
    const account = await toy.house.store.readAccount(rootAccount);
    if (provider === undefined || account === undefined) throw new Error("the house is not complete");
    const actor = { credential: "test", subUin: "test", ip: "127.0.0.1" };
    const details = () => ({});
    return {
      provider,
      caller: { account, actor, requestId: toy.house.uuid(), action: "test:Engine", details },
    };
  };
  const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => "no refusal",
      (error: unknown) => (error instanceof Refusal ? [error.code, error.reason] : error),
    );

  it("its rule", async () => {
    const { provider, caller } = await engine();
    const { TokenId } = await create("kept", true);
    const renamed = { name: "other" };
    const rename = provider.change(caller, region, TokenId, "key.updated", (key) => ({ ...key, ...renamed }));
    expect(await refusalOf(rename)).toEqual(["state_unsuitable", "locked"]);
    const removal = provider.remove(caller, region, TokenId);
    expect(await refusalOf(removal)).toEqual(["state_unsuitable", "locked"]);
  });

  it("the shape of `native`, at creation and at change", async () => {
    const { provider, caller } = await engine();
    const stray = { locked: false, stray: 1 };
    const draft = { ...toDraft("n", false), native: stray };
    expect(await refusalOf(provider.create(caller, region, draft))).toEqual(["field_unknown", undefined]);
    const { TokenId } = await create("plain");
    const change = provider.change(caller, region, TokenId, "key.updated", (key) => ({
      ...key,
      native: stray,
    }));
    expect(await refusalOf(change)).toEqual(["field_unknown", undefined]);
  });
});

describe("nothing outside its folder had to change", () => {
  const sources = readSources(join(import.meta.dirname, "../.."));

  it("no file of the house knows it", () => {
    expect([...sources].filter(([, text]) => /\btoy/i.test(text)).map(([file]) => file)).toEqual([]);
  });

  it("its files would stand in the house without a wrong arrow", () => {
    const placed = placedSources();
    expect(placed.size).toBe(11);
    expect(directionFaults(new Map([...sources, ...placed]))).toEqual([]);
  });

  it("without its line in the registry and the table its version is unknown", async () => {
    const keyway = await startKeyway();
    try {
      expect((await sendSigned(keyway, "CreateToken", "{}", { version: toyWire.version })).code).toBe(
        "NoSuchVersion",
      );
    } finally {
      await keyway.stop();
    }
  });

  it("the other services answer beside it, each from its own keys", async () => {
    await create("toy");
    const tokenhub = await send("DescribeApiKeyList", {}, "2026-03-22");
    const { TotalCount } = z.looseObject({ TotalCount: z.int() }).parse(bodyOf(tokenhub));
    expect(TotalCount).toBe(0);
    expect(toy.house.providerNames).toEqual([...profiles.map(({ service }) => service), "toy"]);
  });
});
