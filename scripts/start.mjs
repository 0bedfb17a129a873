import { execFileSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";

// Plain JavaScript that any Node reads, so that a wrong version gets a sentence instead of a stack.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(
    `Keyway needs Node 24; this is ${process.versions.node}. Run it by \`npm start\` after \`npm ci\`, which brings Node 24 on Linux and Windows; elsewhere install Node 24 from nodejs.org.\n`,
  );
  process.exit(1);
}
// In a process of its own, because the bundler would stay in the server's memory.
execFileSync(process.execPath, [fileURLToPath(new URL("build.mjs", import.meta.url))], { stdio: "inherit" });

const server = fileURLToPath(new URL("../dist/server.mjs", import.meta.url));
// glibc gives each thread a heap of its own, and keeps what V8's compilers have let go of, which they take in pieces of 8 KB
// and more: 20 MB together. Only a program that begins can be told, so this one becomes the server; where it cannot (on
// Windows), there is no glibc.
const memory = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "8192" };
if (process.platform === "linux" && Object.keys(memory).some((name) => process.env[name] === undefined)) {
  const argv = [process.execPath, ...process.execArgv, server];
  process.execve?.(process.execPath, argv, { ...memory, ...process.env });
}
await import(pathToFileURL(server).href);
