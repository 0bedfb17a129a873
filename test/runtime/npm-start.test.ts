import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/keyway.ts";

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    () => true,
    () => false,
  );

it("a SIGTERM to `npm start` itself ends the server, though npm's shell does not pass it on", async () => {
  const folder = temporaryFolder();
  const npm = spawn("npm", ["start"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PATH: process.env.PATH ?? "", PORT: "0", KEYWAY_DATA: folder },
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = "";
      npm.on("close", () => reject(new Error(`npm ended: ${text}`)));
      npm.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const found = /^keyway listening on (\S+)$/m.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    expect(await answers(url)).toBe(true);
    npm.kill("SIGTERM");
    // A stopping server still answers on connections that it has; when those are gone, nothing does.
    let silent = 0;
    for (let tries = 0; tries < 100 && silent < 5; tries++) {
      silent = (await answers(url)) ? 0 : silent + 1;
      await sleep(100);
    }
    expect(silent).toBe(5);
  } finally {
    npm.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
