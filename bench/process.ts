import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");

const folders = new Set<string>();
const children = new Map<ChildProcess, Promise<void>>();
let scratchFolder: string | undefined;

/** A folder that is removed when the run ends, however it ends. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "keyway-bench-"));
  folders.add(folder);
  return folder;
};

export const cleanUp = async (): Promise<void> => {
  for (const child of children.keys()) child.kill("SIGKILL");
  await Promise.all(children.values());
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
};

const canPin = ((): boolean => {
  try {
    execFileSync("taskset", ["-c", "0,1", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false; // not Linux, or one core only: then the figure is of an unpinned machine
  }
})();

export const pinning = canPin ? "one core" : "unpinned";

/** Keeps this process off the servers' core. */
export const keepOffServerCore = (): void => {
  if (canPin) execFileSync("taskset", ["-acp", "1", String(process.pid)], { stdio: "ignore" });
};

/** The kernel tells it in hundredths of a second. */
const cpuMicroseconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

const residentKilobytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

export interface RunningProcess {
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Time on the processor so far, all threads. */
  cpuMicroseconds(): number;
  residentKilobytes(): number;
  stop(): Promise<void>;
}

/** What `npm start` gives to Node: the script, and options before it. */
export const keywayArgs: readonly string[] = manifest.scripts.start.split(" ").slice(1);

/** Starts a server that prints its URL when it is ready. What it logs goes to a file, as it would in service. */
export const startProcess = async (
  nodeArgs: readonly string[],
  env: Readonly<Record<string, string>>,
  options: { readonly pinned: boolean },
): Promise<RunningProcess> => {
  scratchFolder ??= temporaryFolder();
  const logFile = join(scratchFolder, `${children.size}-${Date.now()}.log`);
  const log = openSync(logFile, "w");
  const command = [process.execPath, ...nodeArgs];
  const [program = "", ...args] = options.pinned && canPin ? ["taskset", "-c", "0", ...command] : command;
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", log],
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => child.on("close", () => resolve()));
  children.set(child, exited);
  const port = await new Promise<number>((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const found = /listening on http:\/\/\S+:(\d+)$/m.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    void exited.then(() =>
      reject(new Error(`${nodeArgs.join(" ")} did not start: ${readFileSync(logFile, "utf8")}`)),
    );
  });
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    logFile,
    cpuMicroseconds: () => cpuMicroseconds(pid),
    residentKilobytes: () => residentKilobytes(pid),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
      children.delete(child);
    },
  };
};

/** A process that measures itself when it is asked to: one question at a time. */
export interface Contender<Question extends string> {
  ask(question: Question): Promise<number>;
  stop(): Promise<void>;
}

/** Starts bench/contender.ts, which says when it is ready, and then answers what it is asked. */
export const forkContender = async <Question extends string>(name: string): Promise<Contender<Question>> => {
  const child = fork(join(import.meta.dirname, "contender.ts"), [name], {
    // What it makes is removed with this process's own.
    env: { PATH: process.env.PATH ?? "", TMPDIR: temporaryFolder() },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  children.set(child, exited);
  const answer = async (): Promise<unknown> => {
    const failed = exited.then(() => Promise.reject(new Error(`the contender ${name} ended early`)));
    const [message]: unknown[] = await Promise.race([once(child, "message"), failed]);
    return message;
  };
  if ((await answer()) !== "ready") throw new Error(`the contender ${name} did not get ready`);
  return {
    ask: async (question) => {
      child.send(question);
      const measured = await answer();
      if (typeof measured !== "number") throw new Error(`the contender ${name} answered no number`);
      return measured;
    },
    stop: async () => {
      child.disconnect();
      await exited;
      children.delete(child);
    },
  };
};
