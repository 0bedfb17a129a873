import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Somebody's endpoint in a process that can be killed. What it takes is in the file named first before it is answered;
 * the second argument is its port, or 0.
 */
const [, , file = "", port = "0"] = process.argv;
/** Long enough that a kill finds some of them under way. */
const thoughtMs = 2;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const id = request.headers["webhook-id"];
    appendFileSync(file, `${JSON.stringify({ id, body: Buffer.concat(chunks).toString("utf8") })}\n`);
    setTimeout(() => response.writeHead(204).end(), thoughtMs);
  });
});
server.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`keyway listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
