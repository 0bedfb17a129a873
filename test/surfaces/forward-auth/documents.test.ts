import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import openapi from "../../../docs/openapi.json" with { type: "json" };
import { statuses } from "../../../lib/surfaces/forward-auth/reply.ts";
import { toldOf } from "../../../lib/surfaces/forward-auth/told.ts";
import { unknownKey } from "../../../lib/verification/told.ts";

/** A header that a configuration forgets is one that a client may forge. */

const read = (file: string): string =>
  readFileSync(new URL(`../../../docs/${file}`, import.meta.url), "utf8");
const page = read("proxies.md");
const nginx = read("proxies/nginx.conf");

const names = [
  "Status",
  ...Object.keys(toldOf(unknownKey("", false))).map((name) =>
    name.replace(/(?:^|(?=[A-Z]))([a-zA-Z])/g, (_, letter: string, at: number) =>
      at === 0 ? letter.toUpperCase() : `-${letter}`,
    ),
  ),
].map((name) => `X-Keyway-${name}`);

it("every header of a good key is in the description, and no other", () => {
  const { headers } = openapi.paths["/v1/verify"].get.responses[204];
  expect(Object.keys(headers).toSorted()).toEqual([...names, "X-Request-Id"].toSorted());
});

it.each(names)("%s is set by nginx and copied by Caddy", (name) => {
  expect(nginx).toMatch(new RegExp(`proxy_set_header ${name} +\\$keyway_`));
  expect(page.match(/copy_headers (.+)/)?.[1]?.split(" ")).toContain(name);
});

it("the page has every code with its status", () => {
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(Object.fromEntries(rows)).toEqual({ VALID: 204, ...statuses });
});
