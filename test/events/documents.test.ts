import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventTypes } from "../../lib/events/types.ts";
import { parseWebhookKey, signWebhook } from "../../lib/signing/standard-webhooks.ts";
import { readSources } from "../../scripts/check-directions.ts";
import { tableBelow } from "../support/tables.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8");

it("docs/events.md lists the types that an endpoint may choose", () => {
  const [, ...rows] = tableBelow(page, "## Types");
  expect(rows).toEqual(Object.entries(eventTypes).map(([type, tells]) => [type, tells]));
});

it("each of them is told somewhere", () => {
  const sources = [...readSources(join(import.meta.dirname, "../.."))].filter(
    ([file]) => file !== "lib/events/types.ts",
  );
  const isTold = (type: string): boolean => sources.some(([, text]) => text.includes(`"${type}"`));
  expect(Object.keys(eventTypes).filter((type) => !isTold(type))).toEqual([]);
});

it("its way to verify takes what is signed here, and nothing that was changed, is old or has another secret", async () => {
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const { isFromKeyway } = (await import(
    `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`
  )) as {
    isFromKeyway: (headers: object, body: Buffer, secret: string, nowSeconds: number) => boolean;
  };
  const made = (): string => `whsec_${randomBytes(32).toString("base64")}`;
  const [secret, old, other] = [made(), made(), made()];
  const keys = [secret, old].flatMap((text) => parseWebhookKey(text) ?? []);
  const seconds = 1_700_000_000;
  const body = Buffer.from('{"type":"key.created","note":"é"}');
  const { id, timestamp, signature } = signWebhook({ id: "evt_1", seconds, body }, keys);
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  const judged = (change: object, bytes = body, by = secret, now = seconds): boolean =>
    isFromKeyway({ ...headers, ...change }, bytes, by, now);
  expect(judged({})).toBe(true);
  expect(judged({}, body, old)).toBe(true);
  expect(judged({}, body, secret, seconds + 300)).toBe(true);
  expect(judged({}, body, other)).toBe(false);
  expect(judged({}, Buffer.from(`${body} `))).toBe(false);
  expect(judged({}, body, secret, seconds + 301)).toBe(false);
  expect(judged({ "webhook-id": "evt_2" })).toBe(false);
  expect(judged({ "webhook-timestamp": "soon" })).toBe(false);
  expect(judged({ "webhook-timestamp": `${seconds + 1}` })).toBe(false);
  expect(judged({ "webhook-signature": "" })).toBe(false);
  expect(judged({ "webhook-signature": signature.replaceAll("v1,", "v2,") })).toBe(false);
  expect(judged({ "webhook-signature": "v1, v1,AAAA" })).toBe(false);
});
