import type { Principal } from "../access/principal.ts";
import { Refusal, Unavailable, UnreadableRow } from "../errors.ts";
import type { House } from "../house.ts";
import type { HttpRequest } from "../http.ts";
import { scrub } from "../schemas/secret-mark.ts";
import { type Trace, traceOf } from "./trace.ts";

/** What is known of a call so far; whatever stage it ends at, its log line says as much as there is. */
export interface CallRecord {
  readonly requestId: string;
  readonly started: Date;
  readonly ip: string;
  /** Of a caller that traces its calls. */
  readonly trace?: Trace;
  principal?: Principal;
  /** Only names from our own tables: a caller's text would be a way into the log. */
  action: string;
  /** Of who has no other way to hear it: see `LogLine`. */
  fault?: string;
  /** Whether its success is told elsewhere: no line of the log for it. */
  quiet?: boolean;
  /** The input and its schema, which tells what texts of it are secret. */
  secrets?: { readonly schema: unknown; readonly input: () => unknown };
}

export const beginCall = (house: House, request: HttpRequest): CallRecord => {
  const { traceparent } = request.headers;
  return {
    requestId: house.uuid(),
    started: house.clock(),
    ip: request.ip,
    action: "[unknown]",
    ...(traceparent !== undefined && { trace: traceOf(traceparent, house.random) }),
  };
};

/** One log line for every call. A refusal is counted, too; anything else that was thrown is logged as our bug. */
export const endCall = (house: House, call: CallRecord, error?: unknown): Refusal | undefined => {
  const refusal = refusalOf(error);
  const { requestId, action, principal } = call;
  const account = principal?.account.id;
  const credential = principal?.credential;
  const outcome = error === undefined ? "ok" : (refusal?.code ?? "internal");
  const ms = house.clock().getTime() - call.started.getTime();
  const line = {
    requestId,
    traceId: call.trace?.traceId,
    action,
    account,
    principal: credential,
    outcome,
    ms,
    fault: call.fault,
  };
  if (error !== undefined && refusal === undefined) {
    house.log({ level: "error", message: "internal error", ...line, error: internalText(error, call) });
    return undefined;
  }
  if (error instanceof UnreadableRow) {
    house.log({ level: "error", message: "internal error", ...line, error: internalText(error, call) });
    return error;
  }
  house.log({ level: error instanceof Unavailable ? "error" : "info", message: "call", ...line });
  // What the store could not take cannot be counted in it either.
  if (refusal !== undefined && !(error instanceof Unavailable)) {
    house.refusals.count({
      account: account ?? "",
      principal: credential ?? "[unknown]",
      action,
      code: refusal.code,
      ip: call.ip,
      requestId,
      time: call.started.toISOString(),
    });
  }
  return refusal;
};

/** A store that is away is nobody's bug: what the caller may do about it depends on whether anything was written. */
const refusalOf = (error: unknown): Refusal | undefined => {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Unavailable)) return undefined;
  return error.outcome === "nothing"
    ? new Refusal("unavailable", "The store is not available now, and nothing was changed. Try again.", {
        headers: { "retry-after": "1" },
      })
    : new Refusal(
        "outcome_unknown",
        "The store did not answer whether the change was made. Read what it was about before you send it again.",
      );
};

/**
 * What the log may say of an internal error. A message can quote what it choked on, so it stays only where the schema
 * tells which texts of the input are secret; otherwise the log gets the places in the code alone.
 */
const internalText = (error: unknown, call: CallRecord): string => {
  if (!(error instanceof Error)) return "something that is not an error was thrown";
  const stack = error instanceof UnreadableRow ? error.fault : (error.stack ?? error.name);
  try {
    if (call.secrets !== undefined) return scrub(stack, call.secrets.schema, call.secrets.input());
  } catch {
    // The input cannot be read, so nothing tells what in it is secret.
  }
  const places = stack.split("\n").filter((line) => line.startsWith("    at "));
  return [error.name, ...places].join("\n");
};
