import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { actionTable, defineAction } from "../../lib/action.ts";
import type { HttpReply } from "../../lib/http.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { secretField } from "../../lib/schemas/secret-mark.ts";
import { signTc3 } from "../../lib/signing/tc3.ts";
import { serveTencent } from "../../lib/surfaces/tencent/serve.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

/** Actions that are broken on purpose: what leaves is neutral, what is logged helps and holds no secret. */

const canary = "canary-of-a-broken-action";
const request = z.strictObject({ Secret: secretField(z.string()) });
const broken = (name: string, run: (secret: string) => unknown) =>
  defineAction({
    wire: tokenhubWire,
    name,
    permission: "keys:read",
    request,
    reply: z.strictObject({ Value: z.number(), RequestId: z.string() }),
    run: async ({ Secret }) => (await run(Secret)) as { Value: number },
  });

const table = actionTable([
  broken("WrongType", (secret) => ({ Value: secret })),
  broken("StrayField", (secret) => ({ Value: 1, Extra: secret })),
  broken("Throws", (secret) => {
    throw new Error(`cannot use ${secret}`);
  }),
  broken("ThrowsText", (secret) => Promise.reject(secret)),
]);

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const call = (action: string): Promise<HttpReply> => {
  const body = Buffer.from(JSON.stringify({ Secret: canary }));
  const headers = {
    "content-type": "application/json",
    host: keyway.host,
    "x-tc-action": action,
    "x-tc-version": tokenhubWire.version,
    "x-tc-region": "ap-guangzhou",
  };
  const unsigned = { method: "POST", path: "/", query: "", headers, body };
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const signed = signTc3(unsigned, keyway.root, { service: "tokenhub", timestampSeconds });
  return serveTencent(
    {
      ...unsigned,
      headers: { ...headers, ...signed },
      rawQueries: [""],
      bodyTooLarge: false,
      ip: "127.0.0.1",
    },
    table,
    keyway.house,
  );
};

it.each(["WrongType", "StrayField", "Throws", "ThrowsText"])(
  "%s is an internal error, logged and never shown",
  async (action) => {
    const reply = await call(action);
    const { Error: error, RequestId } = JSON.parse(reply.body).Response;
    expect(error.Code).toBe("InternalError.InternalError");
    expect(error.Message).toContain(RequestId);
    expect(reply.body).not.toContain(canary);
    await new Promise((resolve) => setImmediate(resolve));
    const lines = keyway
      .log()
      .split("\n")
      .filter((line) => line.includes(RequestId));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "error",
      action: `tokenhub:${action}`,
      outcome: "internal",
    });
    expect(keyway.log()).not.toContain(canary);
  },
);

it("the log says where in the reply the schema is broken", async () => {
  await call("WrongType");
  await new Promise((resolve) => setImmediate(resolve));
  expect(keyway.log()).toContain("the reply of WrongType breaks its schema at Value (invalid_type)");
});
