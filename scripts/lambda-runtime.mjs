import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Installs what runs a function in Lambda, AWS's runtime interface client, unless it is there. It is built from C++ in a
 * minute, by cmake, make, g++ and python3: it has a folder of its own, so that `npm ci` needs none of them.
 */
const folder = new URL("../test/lambda/", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, folder), "utf8"));

const installed = "node_modules/aws-lambda-ric/";
const isThere =
  existsSync(new URL(`${installed}rapid-client.node`, folder)) &&
  read(`${installed}package.json`).version === read("package.json").dependencies["aws-lambda-ric"];

if (!isThere) {
  execFileSync("npm", ["ci", "--ignore-scripts=false", "--loglevel=error"], {
    cwd: fileURLToPath(folder),
    // Node's headers stand beside the Node that runs this: none are fetched.
    env: { ...process.env, npm_config_nodedir: dirname(dirname(process.execPath)) },
    stdio: "inherit",
  });
}
