import { createServer } from "node:http";

export interface Application {
  readonly host: string;
  /** How many requests got through to it. */
  readonly served: () => number;
  close(): Promise<void>;
}

/** What stands behind the proxy. Its page is what came to it: method, path, headers as lines, body. */
export const startApplication = async (): Promise<Application> => {
  let served = 0;
  const server = createServer((message, response) => {
    served += 1;
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const { method, url, rawHeaders } = message;
      const names = rawHeaders.filter((_, place) => place % 2 === 0);
      const lines = names.map((name, place) => `${name.toLowerCase()}: ${rawHeaders[2 * place + 1]}`);
      response.writeHead(url === "/forbidden" ? 403 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ method, url, lines, body: Buffer.concat(chunks).toString("utf8") }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: `127.0.0.1:${address.port}`,
    served: () => served,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
