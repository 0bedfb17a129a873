import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

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
await import(new URL("../dist/server.mjs", import.meta.url).href);
