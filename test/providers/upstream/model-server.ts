import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RealSystems } from "../../support/upstream.ts";

/**
 * A server of models that asks the real system of each key that is presented, as a gateway in front of one does; at
 * `/signed` of each pair that has signed.
 */
export interface ModelServer {
  readonly url: string;
  /** Instead of what the real system says: what a node answers that has not heard of the end yet, or is not well. */
  answer(status: number | "as it is", times?: number): void;
  /** How many times it was asked. */
  readonly asked: () => number;
  /** Every key that was presented. */
  readonly keys: Set<string>;
  stop(): Promise<void>;
}

export const startModelServer = async ({ url, root }: RealSystems): Promise<ModelServer> => {
  const keys = new Set<string>();
  let asked = 0;
  let instead: { readonly status: number; times: number } | undefined;

  const verdict = async (question: object): Promise<number> => {
    const reply = await fetch(`${url}/v1/verify?scope=partial`, {
      method: "POST",
      headers: { authorization: `Bearer ${root.token}`, "content-type": "application/json" },
      body: JSON.stringify(question),
    });
    const { valid } = (await reply.json()) as { readonly valid: boolean };
    return valid ? 200 : 401;
  };

  const server = createServer(async (request, response) => {
    asked += 1;
    const key = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    keys.add(key);
    const date = `${request.headers["x-date"]}`;
    const questions: Readonly<Record<string, object>> = {
      "/v1/models": { key, provider: "tokenhub" },
      "/signed": { signed: { authorization: key, headers: { "x-date": date } } },
    };
    const question = questions[request.url ?? ""];
    let status = 404;
    if (question !== undefined) {
      if (instead !== undefined && instead.times > 0) {
        instead.times -= 1;
        status = instead.status;
      } else status = await verdict(question);
    }
    // As a bad server would: what it was asked with, in its answer.
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ key }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (status, times = Number.POSITIVE_INFINITY) => {
      instead = status === "as it is" ? undefined : { status, times };
    },
    asked: () => asked,
    keys,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
