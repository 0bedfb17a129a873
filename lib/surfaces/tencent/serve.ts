import { may, type Principal } from "../../access/principal.ts";
import type { ActionTable, CallContext, TencentAction } from "../../action.ts";
import { type ErrorNames, Refusal, tencentCode } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import type { EmbeddedProvider } from "../../providers/embedded.ts";
import { beginCall, type CallRecord, endCall } from "../record.ts";
import { authenticate } from "./authenticate.ts";
import { readCall, type TencentCall } from "./call.ts";
import { passOn } from "./pass-on.ts";

/**
 * Status 200 whatever happened, and the type without a charset: SDKs take any other status for a broken transport, and
 * Python's reads past the error of any other type.
 */
const reply = (body: string): HttpReply => ({
  status: 200,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body,
});

const envelope = (body: unknown): string => JSON.stringify({ Response: body });

export const serveTencent = async (
  request: HttpRequest,
  table: ActionTable,
  house: House,
): Promise<HttpReply> => {
  const record = beginCall(house, request);
  let names: ErrorNames = {};
  try {
    const text = await answer(request, table, house, record, (action) => {
      names = action.errors;
    });
    endCall(house, record);
    return reply(text);
  } catch (error) {
    return reply(envelope(errorBody(endCall(house, record, error), record.requestId, names)));
  }
};

const answer = async (
  request: HttpRequest,
  table: ActionTable,
  house: House,
  record: CallRecord,
  found: (action: TencentAction) => void,
): Promise<string> => {
  const call = readCall(request);
  const principal = await authenticate(request, call, house.authenticator, record.started, (owner) => {
    record.principal = owner;
  });
  const action = find(table, call);
  found(action);
  const { service } = action.profile;
  record.action = `${service}:${action.name}`;
  record.secrets = { schema: action.request, input: () => call.input(action.request) };
  const caller: CallContext["caller"] = {
    account: principal.account,
    actor: { credential: principal.credential, subUin: principal.subUin, ip: request.ip },
    requestId: record.requestId,
    action: record.action,
    ...(record.trace && { traceparent: record.trace.traceparent }),
  };
  const forward = house.forward(service);
  if (forward?.account === principal.account.id) {
    checkRate(house, principal, action, record.started);
    checkPermission(principal, action, forward.provider);
    if (call.region !== undefined && call.region !== "") checkRegion(call.region);
    return passOn(request, call, action, caller, forward);
  }
  const provider = house.native(service);
  if (provider === undefined)
    throw new Refusal("version_unknown", "No provider of this service is configured here.");
  const region = regionOf(call, action, provider);
  checkRate(house, principal, action, record.started);
  checkPermission(principal, action, provider.name);
  const { usage, clock, random } = house;
  const body = await action.invoke(call.input(action.request), {
    caller,
    region,
    provider,
    usage,
    clock,
    random,
  });
  return envelope(body);
};

const find = (table: ActionTable, call: TencentCall): TencentAction => {
  const names = table.get(call.version);
  if (names === undefined)
    throw new Refusal("version_unknown", "The `Version` is not one that is served here.");
  const action = names.get(call.action);
  if (action === undefined) {
    throw new Refusal("route_unknown", "The `Action` does not exist in this version.");
  }
  return action;
};

/** The form of all published regions: `ap-guangzhou`, `na-siliconvalley`, `ap-shanghai-fsi`. */
const regionForm = /^(?:ap|na|sa|eu|me|af)-[a-z]{2,20}(?:-[a-z0-9]{1,10}){0,2}$/;

const regionOf = (call: TencentCall, action: TencentAction, provider: EmbeddedProvider): string => {
  const { region } = call;
  const { regions } = action.wire;
  if (regions === "none") return "";
  if (region === undefined) {
    if (regions === "optional") return provider.settings.region;
    throw new Refusal("common_missing", "The request is missing the common parameter `Region`.");
  }
  if (region === "") throw new Refusal("common_value_invalid", "The common parameter `Region` is empty.");
  checkRegion(region);
  return region;
};

const checkRegion = (region: string): void => {
  if (!regionForm.test(region)) throw new Refusal("region_unsupported", "The `Region` is not a known one.");
};

const checkRate = (house: House, principal: Principal, action: TencentAction, now: Date): void => {
  const limit = house.limiter.exceeded(
    `${principal.account.id} ${action.profile.service} ${action.name}`,
    now.getTime(),
  );
  if (limit === undefined) return;
  throw new Refusal(
    "rate_limited",
    `Your current request times equals to \`${limit + 1}\` in a second, which exceeds the frequency limit \`${limit}\` for a second. Please reduce the frequency of calls.`,
  );
};

const checkPermission = (principal: Principal, action: TencentAction, provider: string): void => {
  if (may(principal, action.permission, provider)) return;
  throw new Refusal(
    "permission_denied",
    `You are not authorized to perform \`${action.profile.service}:${action.name}\`: the credential's role lacks \`${action.permission}\` on provider \`${provider}\`.`,
  );
};

const errorBody = (refusal: Refusal | undefined, requestId: string, names: ErrorNames): unknown => {
  return {
    Error: {
      Code: tencentCode(refusal ?? { code: "internal", reason: undefined }, names),
      Message:
        refusal?.message ??
        `An internal error occurred. Try again; if it stays, report the RequestId ${requestId}.`,
    },
    RequestId: requestId,
  };
};
