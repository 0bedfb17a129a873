import type * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { HttpRequest } from "../../http.ts";
import { unflatten } from "../../schemas/flattened.ts";
import { parseForm } from "../../signing/form.ts";
import { parseAuthorization, type Tc3Claim } from "../../signing/tc3-verifier.ts";
import { parseJson } from "../json.ts";

/** A call of API 3.0 as it came, in any of its forms, before anybody believes it. */
export interface TencentCall {
  readonly action: string;
  readonly version: string;
  /** Undefined when absent; an empty text was sent empty. */
  readonly region: string | undefined;
  readonly timestamp: string;
  readonly token: string | undefined;
  readonly proof:
    | { readonly kind: "tc3"; readonly claim: Tc3Claim }
    | { readonly kind: "v1"; readonly secretId: string; readonly params: ReadonlyMap<string, string> };
  /** The business parameters in the shape of the schema, not checked by it. */
  input(schema: z.ZodType): unknown;
}

const getBytesMax = 32 * 1024;
const v1BodyBytesMax = 1024 * 1024;

export const readCall = (request: HttpRequest): TencentCall => {
  if (request.method !== "GET" && request.method !== "POST") {
    throw new Refusal("method_not_allowed", "Only GET and POST are supported.");
  }
  if (request.bodyTooLarge) {
    throw new Refusal("body_too_large", "The request is larger than 10 MB, or its query than 32 KB.");
  }
  if (request.method === "GET" && request.rawQueries[0].length > getBytesMax) {
    throw new Refusal("body_too_large", "The query is larger than 32 KB. Send it by POST.");
  }
  // Neither is signed, so neither may look as if it said something.
  if (request.method === "POST" ? request.rawQueries[0] !== "" : request.body.length > 0) {
    throw new Refusal("common_malformed", "A POST goes without a query, a GET without a body.");
  }
  const authorization = request.headers.authorization;
  if (authorization?.startsWith("TC3-HMAC-SHA256") || request.headers["x-tc-action"] !== undefined) {
    return readTc3(request, authorization);
  }
  if (authorization !== undefined) throw malformedAuthorization();
  return readV1(request);
};

const malformedAuthorization = (): Refusal =>
  new Refusal(
    "authorization_malformed",
    "The Authorization header must be `TC3-HMAC-SHA256 Credential=…/…/…/tc3_request, SignedHeaders=…, Signature=…` with content-type and host signed.",
  );

const required = (value: string | undefined, name: string): string => {
  if (value === undefined || value === "") {
    throw new Refusal("common_missing", `The request is missing the common parameter \`${name}\`.`);
  }
  return value;
};

const timestampText = (value: string | undefined): string => {
  const text = required(value, "Timestamp");
  if (!/^\d{1,12}$/.test(text)) {
    throw new Refusal(
      "common_malformed",
      "The common parameter `Timestamp` must be Unix time in whole seconds.",
    );
  }
  return text;
};

const readTc3 = (request: HttpRequest, authorization: string | undefined): TencentCall => {
  const { headers } = request;
  const action = required(headers["x-tc-action"], "Action");
  const version = required(headers["x-tc-version"], "Version");
  const timestamp = timestampText(headers["x-tc-timestamp"]);
  const claim = authorization === undefined ? undefined : parseAuthorization(authorization);
  if (claim === undefined) throw malformedAuthorization();
  return {
    action,
    version,
    region: headers["x-tc-region"],
    timestamp,
    token: headers["x-tc-token"],
    proof: { kind: "tc3", claim },
    input: (schema) =>
      request.method === "GET" ? unflatten(schema, pairsOf(request.rawQueries[0])) : jsonBody(request),
  };
};

/** Common parameters of signature v1; the rest of the query or form are the action's own. */
const v1Common = new Set([
  "Action",
  "Version",
  "Region",
  "Timestamp",
  "Nonce",
  "SecretId",
  "Signature",
  "SignatureMethod",
  "Token",
  "Language",
  "RequestClient",
]);

const readV1 = (request: HttpRequest): TencentCall => {
  const params = v1Params(request);
  const action = required(params.get("Action"), "Action");
  const version = required(params.get("Version"), "Version");
  const timestamp = timestampText(params.get("Timestamp"));
  const nonce = required(params.get("Nonce"), "Nonce");
  if (!/^\d{1,20}$/.test(nonce)) {
    throw new Refusal("common_malformed", "The common parameter `Nonce` must be a positive integer.");
  }
  const secretId = required(params.get("SecretId"), "SecretId");
  required(params.get("Signature"), "Signature");
  return {
    action,
    version,
    region: params.get("Region") || undefined, // Go's SDK sends an unset region as an empty one
    timestamp,
    token: params.get("Token"),
    proof: { kind: "v1", secretId, params },
    input: (schema) => unflatten(schema, new Map([...params].filter(([name]) => !v1Common.has(name)))),
  };
};

const v1Params = (request: HttpRequest): ReadonlyMap<string, string> => {
  if (request.method === "GET") return pairsOf(request.rawQueries[0]);
  const type = mediaType(request);
  if (type === "application/json") required(undefined, "Action");
  if (type !== "" && type !== "application/x-www-form-urlencoded") {
    throw new Refusal(
      "common_malformed",
      "Without a TC3 signature a POST must be `application/x-www-form-urlencoded`.",
    );
  }
  if (request.body.length > v1BodyBytesMax) {
    throw new Refusal("body_too_large", "A form is limited to 1 MB. Send JSON signed with TC3-HMAC-SHA256.");
  }
  return pairsOf(request.body.toString("latin1"));
};

const pairsOf = (raw: string): ReadonlyMap<string, string> => {
  const pairs = parseForm(raw);
  if (pairs === undefined) {
    throw new Refusal(
      "common_malformed",
      "The parameters must be `name=value` pairs joined by `&`, each name once.",
    );
  }
  return pairs;
};

const mediaType = (request: HttpRequest): string =>
  (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

const jsonBody = (request: HttpRequest): unknown => {
  if (mediaType(request) !== "application/json") {
    throw new Refusal("body_malformed", "The Content-Type of a signed POST must be `application/json`.");
  }
  if (request.body.length === 0) return {};
  const value = parseJson(request.body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal("body_malformed", "The request body must be a JSON object.");
  }
  return request.body.includes("null") ? withoutNulls(value, 0) : value;
};

/** Nothing documented is nested deeper, and recursion must end somewhere. */
const depthMax = 32;

/** Null means absent inside objects: Python's raw calls send unset fields so. Inside lists it stays, and is refused. */
const withoutNulls = (value: unknown, depth: number): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (depth > depthMax) throw new Refusal("body_malformed", "The request body is nested too deeply.");
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([name, item]) => [name, withoutNulls(item, depth + 1)]),
  );
};
