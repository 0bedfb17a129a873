import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import * as z from "zod";

/** What AWS's runtime for Node consists of, built by `node scripts/lambda-runtime.mjs`. */
const runtimeFile = join(import.meta.dirname, "../lambda/node_modules/aws-lambda-ric/index.mjs");

export const isRuntimeInstalled = existsSync(join(runtimeFile, "../rapid-client.node"));

/** A call that came to no reply, in Lambda's words: `Sandbox.Timedout`, `Runtime.ExitError`, or what was thrown. */
export class FunctionError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export interface LambdaOptions {
  /** Of the unpacked zip. */
  readonly folder: string;
  /** `functions/http.handler` */
  readonly handler: string;
  /** Beside what Lambda sets itself. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One function in Lambda: a process at most, one call at a time. */
export interface Lambda {
  /** Starts its process without a call; milliseconds from there to when it asks for its first event. */
  start(): Promise<number>;
  /** Starts a process if there is none. */
  invoke(event: unknown): Promise<unknown>;
  /** How long a call may take from now on. */
  limit(ms: number): void;
  /** How each call ended that was made, in milliseconds. */
  readonly calls: readonly { readonly ms: number; readonly fault: string | undefined }[];
  /** Of each process that was started, its number. */
  readonly processes: readonly number[];
  /** What all of them printed. */
  log(): string;
  stop(): Promise<void>;
}

interface Sandbox {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly started: Promise<number>;
  /** Its request for an event, which is left open until there is one. */
  asking: PromiseWithResolvers<ServerResponse>;
  call: { readonly id: string; readonly outcome: PromiseWithResolvers<unknown> } | undefined;
  /** Why it was ended. */
  fault: FunctionError | undefined;
}

/** Whoever is frozen does not notice that this process has ended. */
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

const api = "/2018-06-01/runtime";
/** As deployed. */
export const callMs = 29_000;

const told = z.object({ errorType: z.string().default("Unhandled"), errorMessage: z.string().default("") });
const faultIn = (text: string): FunctionError => {
  const { errorType, errorMessage } = told.parse(JSON.parse(text));
  return new FunctionError(errorType, errorMessage);
};

const newAsking = (): Sandbox["asking"] => {
  const asking = Promise.withResolvers<ServerResponse>();
  asking.promise.catch(() => undefined); // a process may end while nobody calls it
  return asking;
};

/**
 * Lambda on this machine: its Runtime API, and AWS's own client of that, which runs the unpacked function. As there, the
 * process is frozen between calls, and killed when a call has not ended in time; the next call has a new one.
 */
export const startLambda = async ({ folder, handler, env }: LambdaOptions): Promise<Lambda> => {
  const calls: Lambda["calls"][number][] = [];
  const processes: number[] = [];
  let log = "";
  let limitMs = callMs;
  let sandbox: Sandbox | undefined;

  const server = createServer(async (message, response) => {
    const [, id, what] = /\/invocation\/([^/]+)\/(response|error)$/.exec(message.url ?? "") ?? [];
    const one = sandbox;
    if (one === undefined) return void response.writeHead(403).end();
    if (message.url === `${api}/invocation/next`) {
      one.child.kill("SIGSTOP");
      one.asking.resolve(response);
      return;
    }
    const text = await textOf(message);
    if (message.url === `${api}/init/error`) one.fault = faultIn(text);
    else if (id === undefined || id !== one.call?.id) return void response.writeHead(400).end();
    else if (what === "response") one.call.outcome.resolve(JSON.parse(text));
    else one.call.outcome.reject(faultIn(text));
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const open = (): Sandbox => {
    const before = performance.now();
    const child = spawn(process.execPath, [runtimeFile], {
      cwd: folder,
      env: { ...ownVariables(folder, handler, `127.0.0.1:${port}`), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    processes.push(child.pid ?? 0);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    }
    const asking = newAsking();
    const started = asking.promise.then(() => performance.now() - before);
    started.catch(() => undefined);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const one: Sandbox = { child, ended, started, asking, call: undefined, fault: undefined };
    void ended.then(() => {
      children.delete(child);
      if (sandbox === one) sandbox = undefined;
      const fault = one.fault ?? new FunctionError("Runtime.ExitError", `exited without a reply: ${log}`);
      one.asking.reject(fault);
      one.call?.outcome.reject(fault);
    });
    return one;
  };

  const end = async (one: Sandbox, fault?: FunctionError): Promise<void> => {
    one.fault ??= fault;
    one.child.kill("SIGKILL");
    await one.ended;
  };

  const run = async (event: unknown): Promise<unknown> => {
    sandbox ??= open();
    const one = sandbox;
    const response = await one.asking.promise;
    one.asking = newAsking();
    const call = { id: randomUUID(), outcome: Promise.withResolvers<unknown>() };
    one.call = call;
    const before = performance.now();
    const timer = setTimeout(
      () => void end(one, new FunctionError("Sandbox.Timedout", `Task timed out after ${limitMs} ms`)),
      limitMs,
    );
    one.child.kill("SIGCONT");
    response.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": call.id,
      "lambda-runtime-deadline-ms": String(Date.now() + limitMs),
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:123456789012:function:keyway",
    });
    response.end(JSON.stringify(event ?? null));
    let fault: string | undefined;
    try {
      return await call.outcome.promise;
    } catch (error) {
      fault = error instanceof FunctionError ? error.type : "unknown";
      throw error;
    } finally {
      clearTimeout(timer);
      one.call = undefined;
      calls.push({ ms: performance.now() - before, fault });
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    start: () => {
      sandbox ??= open();
      return sandbox.started;
    },
    invoke: (event) => {
      const result = last.then(() => run(event));
      last = result.catch(() => undefined);
      return result;
    },
    limit: (ms) => {
      limitMs = ms;
    },
    calls,
    processes,
    log: () => log,
    stop: async () => {
      if (sandbox !== undefined) await end(sandbox);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Those that Lambda sets, and nothing of this process: a proxy's address would lead the runtime astray. */
const ownVariables = (folder: string, handler: string, address: string): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  TZ: ":UTC",
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
  AWS_LAMBDA_FUNCTION_NAME: "keyway",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/keyway",
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/05/28/[$LATEST]7a5f2e",
  AWS_LAMBDA_RUNTIME_API: address,
  LAMBDA_TASK_ROOT: folder,
  _HANDLER: handler,
});
