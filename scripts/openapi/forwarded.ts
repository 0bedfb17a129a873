import type { JsonObject } from "./schemas.ts";

/** What differs where proxies ask: who calls, and replies that are status and headers alone. */

const text = (description: string): JsonObject => ({ description, schema: { type: "string" } });

export const forwardedSecurity: readonly JsonObject[] = [
  { proxy: [], callersBearer: [] },
  { proxy: [], callersKey: [] },
];

export const forwardedSchemes: JsonObject = {
  proxy: {
    type: "apiKey",
    in: "header",
    name: "X-Keyway-Token",
    description: "The token of the proxy's own credential. No other path takes it.",
  },
  callersBearer: { type: "http", scheme: "bearer", description: "The key of the proxy's client." },
  callersKey: {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "Likewise. One that is sent twice must be the same one; a configured header serves, too.",
  },
};

const status = text("The code of the verdict, or what is wrong with the request: `KEY_…`, `PROXY_…`.");
const requestId = text("Of this call, as the log has it.");
const refusal = { "X-Keyway-Status": status, "X-Request-Id": requestId };

export const forwardedResponses: JsonObject = {
  204: {
    description:
      "The key is good. All headers are there, empty where there is nothing to say; texts are percent-encoded.",
    headers: {
      ...refusal,
      "X-Keyway-Request-Id": text("What a settlement names."),
      "X-Keyway-Key-Id": text("Id of the key."),
      "X-Keyway-Provider": text("Its provider."),
      "X-Keyway-Owner": text("The account that it belongs to."),
      "X-Keyway-Team": text("The team in that account."),
      "X-Keyway-Generation": text("Which of the key's secrets was shown; they are counted from 1."),
      "X-Keyway-Remaining-Requests": text("Calls that are left in this minute."),
      "X-Keyway-Remaining-Tokens": text("Tokens that are left in this minute."),
    },
  },
  401: {
    description: "No key, one that cannot be read, several that differ, or one that is unknown.",
    headers: { ...refusal, "WWW-Authenticate": text("What a call has to bring (RFC 6750).") },
  },
  403: {
    description: "Any other refusal; with `PROXY_…`, of the proxy itself.",
    headers: {
      ...refusal,
      "Retry-After": text("In how many seconds a spent budget begins anew, where one does."),
    },
  },
  429: {
    description: "With `limited=429`, a spent limit.",
    headers: {
      ...refusal,
      "Retry-After": text("In how many seconds a spent budget begins anew, where one does."),
    },
  },
  500: { description: "A fault of Keyway's own.", headers: refusal },
};
