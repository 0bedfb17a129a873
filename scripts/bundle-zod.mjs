import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What of zod goes along in a bundle: the half of it that is used. */

/**
 * What zod hangs on every schema and no function uses: its generator of JSON Schema, a tenth of a bundle, because the API's
 * description is made beforehand; and its memory for values that hold themselves, which a body of JSON cannot. Whoever calls
 * them all the same gets undefined, as zod's small edition does.
 *
 * @type {import("esbuild").Plugin}
 */
export const withoutUnused = {
  name: "without-unused",
  setup: (build) => {
    const filter = /zod\/v4\/core\/(?:to-json-schema|json-schema-processors|memoizer)\.js$/;
    build.onLoad({ filter }, ({ path }) => {
      const names = readFileSync(path, "utf8").matchAll(/^export (?:const|function|class) (\$?\w+)/gm);
      return { contents: [...names].map(([, name]) => `export const ${name} = () => undefined;`).join("\n") };
    });
  },
};

/**
 * zod's own words for what is wrong. Keyway has words for every rule (`lib/schemas/issues.ts`), and a schema for its
 * patterns: whatever is not among those is told without any.
 *
 * @type {import("esbuild").Plugin}
 */
export const withoutWords = {
  name: "without-words",
  setup: (build) => {
    build.onLoad({ filter: /zod\/v4\/locales\/en\.js$/ }, () => ({
      contents: 'export default () => ({ localeError: () => "is not taken here." });',
    }));
  },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whatever stands behind a dot in these files; not what a module gives out that is called by one of these names. */
const membersIn = (folder, modules) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /(?<!\.d)\.(?:ts|js)$/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(root, folder, file), "utf8").matchAll(
        new RegExp(`(?<!\\b(?:${modules.join("|")}))\\.(\\w+)`, "g"),
      ),
    ])
    .map(([, name]) => name);

/** In our sources, and in zod's own. */
const named = () =>
  new Set([
    ...["lib", "functions"].flatMap((folder) => membersIn(folder, ["z", "z\\.iso"])),
    ...["core", "classic"].flatMap((part) =>
      membersIn(`node_modules/zod/v4/${part}`, [
        "z",
        "iso",
        "core",
        "util",
        "checks",
        "parse",
        "errors",
        "regexes",
        "processors",
      ]),
    ),
  ]);

/**
 * The methods of zod's schemas that nobody names. Each kind of schema takes its forty to a hundred along when the first
 * one of the kind is made, and what they make, like the pattern of every version of a UUID.
 *
 * @type {import("esbuild").Plugin}
 */
export const withoutMethods = {
  name: "without-methods",
  setup: (build) => {
    const kept = named();
    const method =
      /^ {4}(?:async )?(\w+)(?:: (?:async )?function \w*)?\([^)]*\) \{\n(?: {8}.*\n)*? {4}\},?\n/gm;
    build.onLoad({ filter: /zod\/v4\/classic\/schemas\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(method, (text, name) => (kept.has(name) ? text : "")),
    }));
  },
};

/**
 * To make a schema has no effect, which a bundler cannot know: with a file goes every schema in it, asked for or not.
 *
 * @type {import("esbuild").Plugin}
 */
export const withoutUnasked = {
  name: "without-unasked",
  setup: (build) => {
    const schema = /^((?:export )?const \w+ = )((?:z\b|secretField\()[\s\S]*?);$(?=\n(?:\S|$))/gm;
    // Others' files are left to the plugins that come after.
    build.onLoad({ filter: /\.ts$/ }, ({ path }) =>
      path.startsWith(join(root, "lib") + sep)
        ? {
            contents: readFileSync(path, "utf8").replace(schema, "$1/* @__PURE__ */ (() => $2)();"),
            loader: "ts",
          }
        : undefined,
    );
  },
};
