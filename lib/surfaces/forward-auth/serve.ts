import { may, type Principal } from "../../access/principal.ts";
import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import { type Operation, type OperationInput, verificationOf } from "../../operation.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Verdict } from "../../schemas/verdict.ts";
import { forwardQuery } from "../../schemas/verify.ts";
import { parseForm } from "../../signing/form.ts";
import { beginCall, type CallRecord, endCall } from "../record.ts";
import { clientAddress } from "./address.ts";
import { presentedInHeaders } from "./presented.ts";
import { codeOfRefusal, refused, replyOf } from "./reply.ts";

const path = "/v1/verify";

/**
 * A proxy's own token makes it one, whatever the method: Envoy passes on its client's. Otherwise its client could ask by
 * OPTIONS, which is answered 204 without a key. And whatever the path: at `/v1/verify/`, which a proxy may be configured
 * with by mistake, its client could have the Tencent surface answer by `X-TC-Action`, which it does with 200 always.
 */
export const isForwardAuth = ({ path: asked, method, headers }: HttpRequest): boolean =>
  headers["x-keyway-token"] !== undefined || (asked === path && (method === "GET" || method === "HEAD"));

/** `auth_request` of nginx and its kind: a subrequest with the client's headers, told by status what to do with it. */
export const serveForwardAuth = async (
  request: HttpRequest,
  operation: Operation<Verdict>,
  house: House,
): Promise<HttpReply> => {
  const record = beginCall(house, request);
  record.action = `keyway:${operation.name}`;
  try {
    // As all that is verified: counted as usage, and not logged one by one.
    return await answer(request, operation, house, record);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : undefined;
    const code = codeOfRefusal(refusal);
    // Its reply has no body, and its operator would look for the fault in a query that looks right.
    if (refusal !== undefined && code === "PROXY_QUERY_INVALID") record.fault = refusal.message;
    endCall(house, record, error);
    return refused(code, record.requestId);
  }
};

const answer = async (
  request: HttpRequest,
  operation: Operation<Verdict>,
  house: House,
  record: CallRecord,
): Promise<HttpReply> => {
  const { requestId } = record;
  const principal = await proxyOf(request, house);
  record.principal = principal;
  if (!may(principal, operation.permission, null)) {
    throw new Refusal("permission_denied", `The proxy's credential lacks \`${operation.permission}\`.`);
  }
  const { keyHeader, trustedHops } = verificationOf(house).settings;
  if (request.path !== path) {
    throw new Refusal("common_malformed", `The path of the proxy's configuration has to be \`${path}\`.`);
  }
  const query = queryOf(request);
  const presented = presentedInHeaders(request.headers, keyHeader);
  if ("fault" in presented) return refused(presented.fault, requestId);
  const ip = clientAddress(request, trustedHops);
  const input: OperationInput = { params: {}, query, body: { ...presented.call, ip } };
  record.secrets = { schema: operation.input, input: () => input };
  const { credential, subUin, account } = principal;
  const { value } = await operation.invoke(input, {
    house,
    principal,
    expected: null,
    perform: () => Promise.reject(new Error("a verification has no parts")),
    caller: { account, actor: { credential, subUin, ip: request.ip }, requestId, action: record.action },
  });
  return replyOf(value, requestId, query);
};

/** Who the proxy is; its client's `Authorization` says nothing about that. */
const proxyOf = async (request: HttpRequest, house: House): Promise<Principal> => {
  const token = request.headers["x-keyway-token"] ?? "";
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) {
    throw new Refusal("authorization_malformed", "The proxy has to send its own token as `X-Keyway-Token`.");
  }
  const principal = await house.authenticator.verifierByToken(token, request.turn);
  if (principal !== undefined) return principal;
  throw new Refusal("token_invalid", "The `X-Keyway-Token` is not one of a live credential.");
};

/** Read before the key is: a proxy that asks amiss hears of it at its first call, and not at its first good key. */
const queryOf = ({ rawQueries: [query] }: HttpRequest) => {
  const pairs = parseForm(query);
  if (pairs !== undefined) return parseInput(forwardQuery, Object.fromEntries(pairs));
  throw new Refusal("common_malformed", "The query must be `name=value` pairs, each name once.");
};
