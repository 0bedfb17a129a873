import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { temporaryFolder } from "../../support/keyway.ts";

export interface Nginx {
  readonly url: string;
  readonly host: string;
  /** Everything that it wrote, access log and errors. */
  log(): string;
  stop(): Promise<void>;
}

export interface NginxOptions {
  readonly keyway: string;
  readonly application: string;
  readonly token: string;
  /** Alters the documented file, for what it would do otherwise. */
  readonly change?: (site: string) => string;
}

const documented = new URL("../../../docs/proxies/nginx.conf", import.meta.url);

/** Debian keeps it where only root's shell looks. */
const searchPath = `${process.env.PATH}:/usr/sbin`;

/** nginx takes no port 0: one that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

const replacedOnce = (text: string, from: string, to: string): string => {
  if (text.split(from).length !== 2) throw new Error(`docs/proxies/nginx.conf does not have ${from} once`);
  return text.replace(from, to);
};

/** The documented file as it is, but for addresses and the place of the token. */
const siteOf = (folder: string, port: number, { keyway, application }: NginxOptions): string =>
  [
    ["127.0.0.1:8787", keyway],
    ["127.0.0.1:3000", application],
    ["listen 127.0.0.1:80;", `listen 127.0.0.1:${port};`],
    ["/etc/nginx/keyway-token.conf", join(folder, "keyway-token.conf")],
  ].reduce((text, [from = "", to = ""]) => replacedOnce(text, from, to), readFileSync(documented, "utf8"));

/** Around it, what Debian's own nginx.conf would say, with all that is written in one folder. */
const mainOf = (folder: string): string =>
  [
    "daemon off; master_process off;",
    `pid ${folder}/nginx.pid;`,
    "events {}",
    "http {",
    `  access_log ${folder}/access.log;`,
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
    ),
    `  include ${folder}/site.conf;`,
    "}",
  ].join("\n");

export const startNginx = async (options: NginxOptions): Promise<Nginx> => {
  const folder = temporaryFolder();
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const site = siteOf(folder, port, options);
  writeFileSync(join(folder, "site.conf"), options.change?.(site) ?? site);
  writeFileSync(join(folder, "nginx.conf"), mainOf(folder));
  const tokenFile = join(folder, "keyway-token.conf");
  writeFileSync(tokenFile, `proxy_set_header X-Keyway-Token "${options.token}";\n`);
  chmodSync(tokenFile, 0o600);

  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], {
    env: { PATH: searchPath },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(`exit code ${code}`));
  });
  let end: string | undefined;
  void ended.then((why) => {
    end = why;
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(`${url}/_keyway`))) {
    if (end !== undefined) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`nginx did not start: ${end}\n${errors}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    host: `127.0.0.1:${port}`,
    log: () => `${errors}${readFileSync(join(folder, "access.log"), "utf8")}`,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const answers = async (url: string): Promise<boolean> => {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
};
