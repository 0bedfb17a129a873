import { may, type Principal } from "../../access/principal.ts";
import type { ActionContext, CallContext, RestAction } from "../../action.ts";
import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import { Secret } from "../../keys/secret.ts";
import type { EmbeddedProvider } from "../../providers/embedded.ts";
import { redact } from "../../schemas/secret-mark.ts";
import { bearerOf } from "../bearer.ts";
import { parseJson } from "../json.ts";
import { beginCall, type CallRecord, endCall } from "../record.ts";
import { type Routes, route } from "../route.ts";
import { dataError, managementError } from "./errors.ts";
import { type Holder, holderOf } from "./holder.ts";
import { passOn } from "./pass-on.ts";

const managementPrefix = "/api/v1/";

/** Whether a path is one of AIone's, known or not: what it cannot do is then said in its own form. */
export const isAione = (path: string): boolean => path.startsWith(managementPrefix) || dataPlane.test(path);

/** The paths of the data plane, of which `/v1/models` alone is served here. */
const dataPlane = /^\/(?:v1\/(?:models|chat|messages)|v1beta)(?:\/|$)/;

/** AIone's two planes: principals manage keys with their token, keys call the data plane; each has its form of errors. */
export const serveAione = async (
  request: HttpRequest,
  actions: Routes<RestAction>,
  house: House,
): Promise<HttpReply> => {
  const record = beginCall(house, request);
  try {
    const reply = await answer(request, actions, house, record);
    endCall(house, record);
    return reply;
  } catch (error) {
    const refusal = endCall(house, record, error);
    return request.path.startsWith(managementPrefix) ? managementError(refusal) : dataError(refusal);
  }
};

const answer = async (
  request: HttpRequest,
  actions: Routes<RestAction>,
  house: House,
  record: CallRecord,
): Promise<HttpReply> => {
  if (isAione(request.path) && request.path.endsWith("/")) return withoutSlash(request);
  const { entry: action, params } = route(request, actions);
  const { service } = action.profile;
  record.action = `${service}:${action.name}`;
  const provider = house.native(service);
  const forward = house.forward(service);
  if (provider === undefined && forward === undefined)
    throw new Refusal("route_unknown", "No provider of this service is configured here.");
  const { principal, holder } = await authenticate(request, action, provider, house);
  if (principal !== undefined) record.principal = principal;
  const behind = provider?.name ?? forward?.provider ?? "";
  if (principal !== undefined && !may(principal, action.permission, behind)) {
    throw new Refusal(
      "permission_denied",
      `The credential's role lacks \`${action.permission}\` on this provider.`,
    );
  }
  const input = {
    path: params,
    ...(action.route.query && { query: readQuery(request) }),
    body: readBody(request, action),
  };
  record.secrets = { schema: action.request, input: () => input };
  if (provider === undefined) {
    // To another account the real system's keys are not there.
    if (principal === undefined || forward?.account !== principal.account.id)
      throw new Refusal("route_unknown", "No provider of this service is configured here.");
    const caller = {
      ...callerOf(request, principal, undefined),
      requestId: record.requestId,
      action: record.action,
      ...(record.trace && { traceparent: record.trace.traceparent }),
      details: () => redact(action.request, input),
    };
    return passOn(request, action, caller, input, forward);
  }
  const context: CallContext = {
    caller: {
      ...callerOf(request, principal, holder),
      requestId: record.requestId,
      action: record.action,
    },
    region: "",
    provider,
    ...(holder && { presented: holder.stored.record.key }),
    usage: house.usage,
    clock: house.clock,
    random: house.random,
  };
  const value = await action.invoke(input, context);
  return {
    status: action.route.status,
    headers: {
      ...(value === undefined ? {} : { "content-type": "application/json" }),
      "cache-control": "no-store",
      "x-request-id": record.requestId,
    },
    body: value === undefined ? "" : JSON.stringify(value),
  };
};

/** The service's framework sends clients to the path without its last slash (inferred). */
const withoutSlash = (request: HttpRequest): HttpReply => {
  const query = request.rawQueries[0] === "" ? "" : `?${request.rawQueries[0]}`;
  // One slash at the start: two would lead to another host.
  const path = request.path.replace(/^\/+/, "/").replace(/\/+$/, "");
  return { status: 307, headers: { location: `${path}${query}`, "cache-control": "no-store" }, body: "" };
};

type Caller = { readonly principal?: Principal; readonly holder?: Holder };

const callerOf = (
  request: HttpRequest,
  principal: Principal | undefined,
  holder: Holder | undefined,
): Pick<ActionContext["caller"], "account" | "actor"> => {
  const { ip } = request;
  if (principal !== undefined) {
    const { account, credential, subUin } = principal;
    return { account, actor: { credential, subUin, ip } };
  }
  if (holder === undefined) throw new Error("a call without a caller");
  const { key } = holder.stored.record;
  return { account: holder.account, actor: { credential: key.id, subUin: key.owner.createdBy, ip } };
};

const challenge = { headers: { "www-authenticate": "Bearer" } };

const authenticate = async (
  request: HttpRequest,
  action: RestAction,
  provider: EmbeddedProvider | undefined,
  house: House,
): Promise<Caller> => {
  const { plane } = action.route;
  const bearer = bearerOf(request.headers.authorization);
  const token = bearer ?? (plane === "data" ? request.headers["x-api-key"] : undefined);
  if (token === undefined || token === "") {
    throw new Refusal("authorization_malformed", "Not authenticated", challenge);
  }
  const principal = await house.authenticator.byToken(token, request.turn);
  if (principal !== undefined) return { principal };
  const candidates = (await provider?.holders(new Secret(token))) ?? [];
  const found = await holderOf(candidates, request.ip, house);
  if (found === undefined) throw new Refusal("token_invalid", "Could not validate credentials", challenge);
  if (plane === "management") {
    throw new Refusal("permission_denied", "An API key calls models; it does not manage keys.");
  }
  if (found.refused !== undefined) {
    throw new Refusal("permission_denied", "The key may not be used from this address.");
  }
  return { holder: found.holder };
};

/** Of a name that came twice the last, as the service's framework has it (inferred). */
const readQuery = (request: HttpRequest): Readonly<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(request.rawQueries[0]));

const bodyBytesMax = 1024 * 1024;

/** Undefined where there is none; the action's schema says whether it misses one. */
const readBody = (request: HttpRequest, action: RestAction): unknown => {
  if (request.bodyTooLarge || request.body.length > bodyBytesMax) {
    throw new Refusal("body_too_large", "The body is larger than 1 MB.");
  }
  if (action.route.method === "GET" || request.body.length === 0) return undefined;
  return action.route.body ? parseJson(request.body) : undefined;
};
