import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { facadeOf } from "../support/facade-client.ts";
import { type Pair, startPair } from "../support/upstream.ts";

/** A real system that answers the making of a successor with a key that was there before. */

let pair: Pair;
/** What the next creation is answered with. */
let untrue: string | undefined;
const between = createServer(async (request, reply) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const told = untrue;
  if (told !== undefined && request.headers["x-tc-action"] === "CreateApiKey") {
    reply.writeHead(200, { "content-type": "application/json" });
    reply.end(JSON.stringify({ Response: { ApiKeyId: told, RequestId: "r-1" } }));
    return;
  }
  const { connection: _, ...headers } = request.headers as Record<string, string>;
  const answer = await fetch(`${target}${request.url}`, {
    method: request.method ?? "POST",
    headers: Object.entries(headers).filter(
      ([name]) => name !== "content-length" && name !== "transfer-encoding",
    ),
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
  reply.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
  reply.end(Buffer.from(await answer.arrayBuffer()));
});
let target = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
  const { port } = between.address() as AddressInfo;
  pair = await startPair({
    front: (url) => {
      target = url;
      return `http://127.0.0.1:${port}`;
    },
  });
});
afterAll(async () => {
  await pair.stop();
  between.close();
});

it.each(["the old key itself", "another rotation's successor"])(
  "loses nobody a key: %s is no successor",
  async (which) => {
    const { facade } = pair;
    const { key } = await facade.create("tokenhub-real");
    const other = await facade.create("tokenhub-real");
    const path = `/v1/keys/tokenhub-real`;
    const rotated = await facade.call("POST", `${path}/${other.key.id}/rotate`, { grace: 600 });
    const { native } = (rotated.body as { key: { native: { currentId: string } } }).key;
    untrue = which === "the old key itself" ? key.id : native.currentId;
    const reply = await facade.call("POST", `${path}/${key.id}/rotate`, { grace: 0 });
    expect([reply.status, reply.body]).toEqual([409, expect.objectContaining({ code: "already_exists" })]);
    untrue = undefined;
    await sweepRound(pair.keyway.house)();
    for (const id of [key.id, native.currentId]) {
      const read = await facadeOf(pair.real).call("GET", `/v1/keys/tokenhub/${id}`);
      expect(read.body).toMatchObject({ key: { status: "enabled" } });
    }
    const { items } = (await facade.call("GET", "/v1/rotations?limit=100")).body as {
      items: { key: string; step: string }[];
    };
    expect(items.find((one) => one.key === key.id)?.step).toBe("failed");
  },
);
