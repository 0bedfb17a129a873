import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { type Credentials, rootVariables } from "./keyway.ts";

const root = join(import.meta.dirname, "../..");

/** What one process has compiled, and stripped of its types, the next one need not: tests start hundreds. */
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), "compiled") };

export interface KeywayProcess {
  readonly url: string;
  readonly host: string;
  readonly root: Credentials;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends it by a signal and answers its exit code; null when the signal killed it. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** Node's options and what it runs by `npm start`: a script that makes the bundle and starts it. */
export const npmStart = manifest.scripts.start.split(" ").slice(1);
/** The same without the making, which the run's setup did once. */
const built = npmStart.map((word) => (word === "scripts/start.mjs" ? "dist/server.mjs" : word));

/** Starts the server that `npm start` starts, in a process that can be killed. */
export const spawnKeyway = async (
  credentials: Credentials,
  env: Readonly<Record<string, string>>,
): Promise<KeywayProcess> => {
  const child = spawnServer({ ...rootVariables(credentials), KEYWAY_ACTION_RPS: "0", ...env });
  const url = await child.listening;
  return {
    url,
    host: new URL(url).host,
    root: credentials,
    stdout: child.stdout,
    stderr: child.stderr,
    end: (signal) => {
      child.process.kill(signal);
      return child.exited;
    },
  };
};

export const spawnServer = (
  env: Readonly<Record<string, string>>,
  args: readonly string[] = built,
): {
  readonly process: ChildProcess;
  readonly listening: Promise<string>;
  readonly exited: Promise<number | null>;
  readonly stdout: () => string;
  readonly stderr: () => string;
} => {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", PORT: "0", ...compiled, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listening = Promise.withResolvers<string>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    const url = /^keyway listening on (\S+)$/m.exec(stdout)?.[1];
    if (url !== undefined) listening.resolve(url);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exited = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  void exited.then((code) => listening.reject(new Error(`keyway ended with ${code}: ${stderr}`)));
  listening.promise.catch(() => undefined); // a test that expects the end does not wait for the start
  return { process: child, listening: listening.promise, exited, stdout: () => stdout, stderr: () => stderr };
};

/** Runs a task of package.json's, `backup` for one, and answers what it printed. */
export const runTask = (
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly code: number; readonly output: string } => {
  try {
    const output = execFileSync(process.execPath, [`scripts/${script}.ts`, ...args], {
      cwd: root,
      env: { PATH: process.env.PATH ?? "", ...compiled, ...env },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { code: 0, output };
  } catch (error) {
    if (!(error instanceof Error && "status" in error && "stderr" in error && "stdout" in error)) throw error;
    return { code: Number(error.status), output: `${String(error.stdout)}${String(error.stderr)}` };
  }
};
