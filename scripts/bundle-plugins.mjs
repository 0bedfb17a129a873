import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";

/**
 * What zod hangs on every schema and no function uses: its generator of JSON Schema, a tenth of a bundle, because the API's
 * description is made beforehand; and its memory for values that hold themselves, which a body of JSON cannot. Whoever calls
 * them all the same gets undefined, as zod's small edition does.
 *
 * @type {import("esbuild").Plugin}
 */
const withoutUnused = {
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
const withoutWords = {
  name: "without-words",
  setup: (build) => {
    build.onLoad({ filter: /zod\/v4\/locales\/en\.js$/ }, () => ({
      contents: 'export default () => ({ localeError: () => "is not taken here." });',
    }));
  },
};

/** A value that is plain data, as an expression that unpacks it. */
const packed = (value) => {
  const text = brotliCompressSync(JSON.stringify(value)).toString("base64");
  return `JSON.parse(brotliDecompressSync(Buffer.from("${text}", "base64")).toString())`;
};

/**
 * Long texts go along packed: the tables' definitions, in every bundle, and the API's description, a seventh of the
 * door's, which is unpacked when somebody asks for it.
 *
 * @type {import("esbuild").Plugin}
 */
const withPackedTexts = {
  name: "with-packed-texts",
  setup: (build) => {
    const unpacking = 'import { brotliDecompressSync } from "node:zlib";';
    build.onLoad({ filter: /lib\/store\/sqlite\/schema\.ts$/ }, async ({ path }) => {
      const exported = { ...(await import(pathToFileURL(path).href)) };
      const names = Object.keys(exported).join(", ");
      return { contents: `${unpacking} export const { ${names} } = ${packed(exported)};` };
    });
    build.onLoad({ filter: /docs\/openapi\.json$/ }, ({ path }) => ({
      contents: `${unpacking} export default { toJSON: () => ${packed(JSON.parse(readFileSync(path, "utf8")))} };`,
      loader: "js",
    }));
  },
};

export default [withoutUnused, withoutWords, withPackedTexts];
