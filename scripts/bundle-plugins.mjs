import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { withoutMethods, withoutUnasked, withoutUnused, withoutWords } from "./bundle-zod.mjs";

/** A value that is plain data, as an expression that unpacks it. */
const packed = (value) => {
  const text = brotliCompressSync(JSON.stringify(value)).toString("base64");
  const unpack = 'process.getBuiltinModule("node:zlib").brotliDecompressSync';
  return `JSON.parse(${unpack}(Buffer.from("${text}", "base64")).toString())`;
};

/**
 * A long text goes along packed: the API's description, a seventh of the door's bundle, which is unpacked when somebody
 * asks for it.
 *
 * @type {import("esbuild").Plugin}
 */
const withPackedText = {
  name: "with-packed-text",
  setup: (build) => {
    build.onLoad({ filter: /docs\/openapi\.json$/ }, ({ path }) => ({
      contents: `export default { toJSON: () => ${packed(JSON.parse(readFileSync(path, "utf8")))} };`,
      loader: "js",
    }));
  },
};

/**
 * An ES import of a part of Node asks that part for everything that it exports, also for what it loads for whoever wants
 * it: `node:http` brings the whole of `fetch` along for the sake of its WebSocket, a seventh of a function's start. Here
 * a part is asked for what is imported by name, and nothing else.
 *
 * @type {import("esbuild").Plugin}
 */
const withPartsOfNode = {
  name: "with-parts-of-node",
  setup: (build) => {
    const namespace = "part-of-node";
    build.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace, sideEffects: false } : undefined,
    );
    build.onLoad({ filter: /^node:/, namespace }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)).filter((name) => /^[A-Za-z]\w*$/.test(name));
      const exported = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => part.${name})();`);
      return {
        contents: [
          `const part = process.getBuiltinModule("${path}");`,
          "export default part;",
          ...exported.filter((line) => !line.startsWith("export const default ")),
        ].join("\n"),
      };
    });
  },
};

/**
 * Each file of an action makes its handler, which is a function of its own on AWS. Where the action is one of many, behind
 * the door or in the server, nobody asks for that: to make one has no effect, and so it is left out, and with it middy and
 * the SDK's clients, which would be in the memory of a server that has never heard of AWS.
 *
 * @type {import("esbuild").Plugin}
 */
const withoutOthersHandlers = {
  name: "without-others-handlers",
  setup: (build) => {
    build.onLoad({ filter: /[\\/]functions[\\/].+\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        /^export const handler = (.+);\s*$/ms,
        "export const handler = /* @__PURE__ */ (() => $1)();",
      ),
      loader: "ts",
    }));
  },
};

export default [
  withoutUnused,
  withoutMethods,
  withoutUnasked,
  withoutWords,
  withPackedText,
  withPartsOfNode,
  withoutOthersHandlers,
];
