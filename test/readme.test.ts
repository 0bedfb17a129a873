import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { profiles } from "../lib/providers/profiles.ts";
import { readConfig } from "../lib/runtime/config.ts";
import { type CurlReply, runCurl } from "./support/curl.ts";
import { temporaryFolder } from "./support/keyway.ts";
import { npmStart, spawnServer } from "./support/process.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const documents = [
  "README.md",
  "docs/SECURITY.md",
  "docs/adding-a-service.md",
  "docs/capabilities.md",
  "docs/deploy.md",
  "docs/events.md",
  "docs/hygiene.md",
  "docs/leaks.md",
  "docs/permissions.md",
  "docs/proxies.md",
  "docs/rotation.md",
];

/** The texts of the fenced blocks of a language. */
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, text]) => text ?? "",
  );

const block = (language: string, place = 0): string => {
  const text = blocks(language)[place];
  if (text === undefined) throw new Error(`the README has no ${language} block ${place}`);
  return text;
};

describe("the README", () => {
  it("leads a stranger to a first key and on: its examples run unchanged with what the first start printed", async () => {
    const folder = temporaryFolder();
    const server = spawnServer({ KEYWAY_DATA: folder }, npmStart);
    try {
      await server.listening;
      const exported = Object.fromEntries(
        [...server.stdout().matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = "", value = ""]) => [
          name,
          value,
        ]),
      );
      const run = promisify(execFile);
      const env = { PATH: process.env.PATH, ...exported };
      const node = (script: string) =>
        run(process.execPath, ["--input-type=module", "--eval", script], { cwd: root, env });
      const first = await node(block("js"));
      expect(first.stdout).toMatch(/^ak-\d{8}-[0-9a-f]{32} enable sk-[0-9A-Za-z]{48}$/m);
      expect(first.stdout).toContain("Status: 'disable'");

      const replies: CurlReply[] = [];
      let variables: Readonly<Record<string, string>> = exported;
      for (const text of blocks("sh")) {
        const done = await runCurl(text, variables);
        replies.push(...done.replies);
        variables = done.variables;
      }
      expect(replies.length).toBeGreaterThan(12);
      for (const reply of replies) {
        expect(reply).toEqual({
          ...reply,
          status: expect.toSatisfy((status: number) => [200, 201, 202, 204].includes(status)),
        });
      }
      expect(JSON.parse(variables.VERDICT ?? "")).toMatchObject({ valid: true, code: "VALID" });
      const batch = JSON.parse(replies.find(({ url }) => url.endsWith(":batch"))?.text ?? "");
      expect(batch.outcomes.map(({ status }: { status: number }) => status)).toEqual([200, 200]);

      const paged = await node(block("js", 1));
      expect(paged.stderr).toBe("");
      expect(paged.stdout).toMatch(/^tokenhub ak-\S+ disabled first$/m);
      expect(paged.stdout).toMatch(/^csip cred-\S+ enabled deploy bot$/m);
    } finally {
      server.process.kill("SIGTERM");
      await server.exited;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("shows a keyway.json that is accepted", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "keyway.json");
    writeFileSync(file, block("json", 1));
    expect(readConfig({ KEYWAY_CONFIG: file }, profiles).providers).toEqual([
      { name: "tokenhub", service: "tokenhub", native: true, keysMax: 200, own: {} },
      {
        name: "apigateway",
        service: "apigateway",
        native: true,
        region: "ap-guangzhou",
        own: { plansMax: 200 },
      },
      { name: "csip", service: "csip", native: true, own: {} },
      {
        name: "aione",
        service: "aione",
        native: true,
        own: {
          rotateGraceSeconds: 86_400,
          models: [{ id: "gpt-5.4", name: "GPT 5.4" }, { id: "claude-sonnet-4-6" }],
        },
      },
    ]);
    rmSync(folder, { recursive: true });
  });

  it("shows upstream providers that are accepted, and say which variable they miss", () => {
    const folder = temporaryFolder();
    const file = join(folder, "keyway.json");
    writeFileSync(file, block("json"));
    const env = { KEYWAY_CONFIG: file, TENCENT_SECRET_ID: "AKIDx", TENCENT_SECRET_KEY: "made-up" };
    const { providers } = readConfig({ ...env, AIONE_TOKEN: "made-up" }, profiles);
    expect(providers.map(({ name, native, upstream }) => [name, native, upstream?.endpoint])).toEqual([
      ["tokenhub", true, "https://tokenhub.tencentcloudapi.com"],
      ["tokenhub-test", false, undefined],
      ["aione", true, "https://api.nexara.net"],
    ]);
    expect(() => readConfig(env, profiles)).toThrow("AIONE_TOKEN is not set");
    rmSync(folder, { recursive: true });
  });

  it("names commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const [, name] of readme.matchAll(/`npm run ([a-z:-]+)/g))
      expect(scripts).toHaveProperty([name ?? ""]);
  });
});

it("who adds a service is told of every member of a profile", () => {
  const text = readFileSync(join(root, "docs/adding-a-service.md"), "utf8");
  for (const name of new Set(profiles.flatMap(Object.keys)))
    expect(text).toMatch(new RegExp(`^\\|.*\`${name}\``, "m"));
});

it.each(documents)("the links of %s lead to files", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
    expect(existsSync(join(root, dirname(document), target)), target).toBe(true);
  }
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(" ", "-"),
  );
  for (const [, anchor = ""] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
});
