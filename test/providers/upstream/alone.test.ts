import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Secret } from "../../../lib/keys/secret.ts";
import { readAlertSecret } from "../../../lib/leaks/github-alerts.ts";
import { probe } from "../../../lib/providers/upstream/data-plane.ts";

/** Calls that come to a function seldom: the connection of the one before is dead by then, and nobody was told. */

const served = new WeakSet<Socket>();
const server = createServer((request, response) => {
  if (served.has(request.socket)) return void request.socket.destroy();
  served.add(request.socket);
  response.end(JSON.stringify({ secret: "found" }));
});
let url = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const token = new Secret("made-up");

it("an alert's secret is read each time", async () => {
  for (const number of [1, 2, 3]) {
    const found = await readAlertSecret({ url, token }, { repository: "octocat/Hello-World", number });
    expect(found?.expose()).toBe("found");
  }
});

it("a probe has its answer each time", async () => {
  const plane = { url, method: "GET", header: "authorization", scheme: "Bearer", usualMs: 1000 } as const;
  for (const _ of [1, 2, 3])
    expect(await probe(plane, { kind: "token", value: token }, new Date())).toBe("accepted");
});
