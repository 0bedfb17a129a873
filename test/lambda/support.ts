import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { type Gateway, type Invoke, startGateway, type ToEvent } from "../runtime/gateway.ts";
import { type Lambda, startLambda } from "../support/lambda.ts";
import { type PackagedFunction, packagedFunctions, unpack } from "../support/packages.ts";

/** The functions of the packages that the run's setup made, each with a Lambda of its own when it is asked for. */

export const functions = packagedFunctions(process.env.KEYWAY_PACKAGES ?? "");

const packaged = (file: string): PackagedFunction => {
  const found = functions.find((one) => one.file === file);
  if (found === undefined) throw new Error(`no package holds ${file}`);
  return found;
};

export const vector = (path: string): Record<string, unknown> =>
  z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(readFileSync(new URL(`../vectors/${path}.json`, import.meta.url), "utf8")));

const httpReply = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/** What an HTTP event is answered with. */
export const invokeHttp =
  (lambda: Lambda): Invoke =>
  async (event) =>
    httpReply.parse(await lambda.invoke(event));

export interface Functions {
  /** The function's Lambda, started by the first who asks, who says what it has in its environment besides. */
  of(file: string, env?: Readonly<Record<string, string>>): Promise<Lambda>;
  /** With a gateway before it. */
  through<T>(
    toEvent: ToEvent,
    file: string,
    use: (gateway: Gateway & { readonly url: string }) => Promise<T>,
  ): Promise<T>;
  logs(): Promise<string>;
  stop(): Promise<void>;
}

/** All of one deployment, which share an environment, and a configuration where there is one. */
export const openFunctions = (env: Readonly<Record<string, string>>, config?: object): Functions => {
  const folder = mkdtempSync(join(tmpdir(), "functions-"));
  const running = new Map<string, Promise<Lambda>>();
  const all = (): Promise<readonly Lambda[]> => Promise.all(running.values());

  const of: Functions["of"] = (file, own = {}) => {
    const found = running.get(file);
    if (found !== undefined) return found;
    const started = startLambda({ ...unpack(packaged(file), folder, config), env: { ...env, ...own } });
    running.set(file, started);
    return started;
  };

  return {
    of,
    through: async (toEvent, file, use) => {
      const gateway = await startGateway(toEvent, invokeHttp(await of(file)));
      try {
        return await use({ ...gateway, url: `http://${gateway.host}` });
      } finally {
        await gateway.close();
      }
    },
    logs: async () => (await all()).map((lambda) => lambda.log()).join("\n"),
    stop: async () => {
      await Promise.all((await all()).map((lambda) => lambda.stop()));
    },
  };
};
