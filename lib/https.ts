import type * as Https from "node:https";

/** Asked for by its first user: with `node:tls` it takes 2 MB, and who stands behind a proxy and calls nobody has none. */
export const https = (): typeof Https => process.getBuiltinModule("node:https");
