import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

// Loaded before the server: from the call to rotate, or another one that is named, on it counts the points, writes their names down, and ends the process
// at the point of this number, as `kill -9` does. Once that call is answered, its grace is over by the process's clock.
const { KILL_AT, KILL_LOG, KILL_GRACE, KILL_FROM = "/rotate" } = process.env;
const isRotation = ({ request }) => request.url.endsWith("/rotate");
let isBegun = false;
let aheadMs = 0;
let count = 0;

subscribe("http.server.request.start", (message) => {
  isBegun ||= message.request.url.endsWith(KILL_FROM);
});
subscribe("http.server.response.finish", (message) => {
  if (isRotation(message)) aheadMs = Number(KILL_GRACE) * 1000;
});
subscribe("keyway.upstream-points", (name) => {
  if (!isBegun) return;
  count += 1;
  appendFileSync(KILL_LOG, `${name}\n`);
  if (count === Number(KILL_AT)) process.kill(process.pid, "SIGKILL");
});

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + aheadMs] : given));
  }
  static now() {
    return RealDate.now() + aheadMs;
  }
};
