import { readFileSync } from "node:fs";

/**
 * zod hangs its generator of JSON Schema on every schema, a tenth of a bundle. No function generates any: the API's
 * description is made beforehand. Whoever calls the generator all the same gets undefined.
 *
 * @type {import("esbuild").Plugin}
 */
const withoutJsonSchema = {
  name: "without-json-schema",
  setup: (build) => {
    build.onLoad({ filter: /zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/ }, ({ path }) => {
      const names = readFileSync(path, "utf8").matchAll(/^export (?:const|function) (\w+)/gm);
      return { contents: [...names].map(([, name]) => `export const ${name} = () => undefined;`).join("\n") };
    });
  },
};

export default [withoutJsonSchema];
