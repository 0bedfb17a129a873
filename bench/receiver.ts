import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Somebody's endpoint: takes all events, and tells what came. */

const ids = new Set<string>();
const versions = new Map<string, number>();
let received = 0;
let violations = 0;
let first = 0;
let last = 0;

interface Event {
  readonly data: { readonly id: string; readonly version: number };
}

const take = (id: string, { data }: Event): void => {
  received += 1;
  last = performance.now();
  if (received === 1) first = last;
  if (ids.has(id)) return;
  ids.add(id);
  if ((versions.get(data.id) ?? 0) >= data.version) violations += 1;
  versions.set(data.id, data.version);
};

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ received, different: ids.size, violations, ms: last - first }));
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    take(String(request.headers["webhook-id"]), JSON.parse(Buffer.concat(chunks).toString("utf8")) as Event);
    response.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on("SIGTERM", () => process.exit(0));
