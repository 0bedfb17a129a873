import type { CredentialSecrets } from "../access/credential.ts";

/** A new root credential, as lines to paste into a shell. */
export const rootLines = ({ secretId, secretKey, token }: CredentialSecrets): string =>
  [
    "The root credential of this store, shown this once. Paste it where you call from:",
    "",
    `export TENCENTCLOUD_SECRET_ID=${secretId}`,
    `export TENCENTCLOUD_SECRET_KEY=${secretKey.expose()}`,
    `export KEYWAY_TOKEN=${token.expose()}`,
  ].join("\n");
