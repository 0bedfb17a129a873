import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The peer of Keyway over HTTP: reads a JSON body and answers JSON, with no framework and nothing to do. */

const filler = { note: "x".repeat(Number(process.env.REPLY_BYTES ?? "0")) };

const server = createServer((message, response) => {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  message.on("end", () => {
    const text = Buffer.concat(chunks).toString("utf8");
    const input: unknown = text === "" ? {} : JSON.parse(text);
    const body = JSON.stringify({ Response: { input, ...filler } });
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  });
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
process.on("SIGTERM", () => process.exit(0));
