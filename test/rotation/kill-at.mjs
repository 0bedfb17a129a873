import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

// Loaded before the server: ends the process, as `kill -9` does, at the point of this number, and writes their names down.
const { KILL_AT, KILL_LOG } = process.env;
let count = 0;
subscribe("keyway.upstream-points", (name) => {
  count += 1;
  appendFileSync(KILL_LOG, `${name}\n`);
  if (count === Number(KILL_AT)) process.kill(process.pid, "SIGKILL");
});
