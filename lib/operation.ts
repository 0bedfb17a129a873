import * as z from "zod";
import { may, type Principal } from "./access/principal.ts";
import type { Permission } from "./access/roles.ts";
import { checked } from "./action.ts";
import { Refusal } from "./errors.ts";
import type { House } from "./house.ts";
import type { Caller } from "./providers/caller.ts";
import { refuseOperation } from "./providers/capabilities.ts";
import type { Expected } from "./providers/expected.ts";
import type { Provider } from "./providers/port.ts";
import { parseInput } from "./schemas/issues.ts";
import type { Receipt } from "./schemas/receipt.ts";
import { redact } from "./schemas/secret-mark.ts";
import { ForeignCursor } from "./store/port/key-query.ts";
import type { Verification } from "./verification/open.ts";

export interface OperationContext {
  readonly house: House;
  readonly principal: Principal;
  readonly caller: Caller;
  /** The provider of this name, if the principal may do on it what the operation does. */
  readonly provider: (name: string) => Provider;
  /** Of all providers those. */
  readonly providers: () => readonly Provider[];
  /** The versions that the caller's `If-Match` names. */
  readonly expected: Expected;
  /** Another operation, as part of this one; `part` tells its outcomes from those of the others. */
  readonly perform: Perform;
}

export type Perform = (
  operation: Operation,
  input: OperationInput,
  more: { readonly part: string; readonly expected: Expected },
) => Promise<Performed>;

export interface Performed extends Answer {
  readonly status: number;
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** What of a definition is data, and stays as it is in the table. */
interface Told {
  readonly method: Method;
  /** `/v1/credentials/{id}` */
  readonly path: string;
  readonly name: string;
  /** One line, for those who read the API's description. */
  readonly summary: string;
  readonly permission: Permission;
  /** With 204, `reply` is what the headers are made of: nothing else of it leaves. */
  readonly status: 200 | 201 | 204;
  /** `If-Match`: whether a change may, or must, say which version it is about. */
  readonly precondition?: "optional" | "required";
  /** Whether an `Idempotency-Key` makes it happen once however often it is sent. */
  readonly once?: boolean;
  /** Called on every call of somebody else's: counted as usage, and neither logged one by one nor held to a rate. */
  readonly hot?: true;
  /** It is made of other operations, each of which is kept for itself. */
  readonly parts?: true;
  /** Asked in headers and answered in headers, by proxies: lib/surfaces/forward-auth serves it, and not the facade. */
  readonly forwarded?: true;
  /** A call that works, with `{name}` for what a call before it answered: see the test that runs them. */
  readonly example: Example;
}

export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Definition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Reply extends z.ZodType,
> extends Told {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** `z.undefined()` for a reply without a body. */
  readonly reply: Reply;
  /** The version of what is answered, its `ETag`. */
  readonly version?: (reply: z.output<Reply>) => number;
  /** Of what ends a key or a secret: told in headers, too, and of a reply without a body in these alone. */
  readonly receipt?: (reply: z.output<Reply>) => Receipt | null;
  readonly run: (
    input: {
      readonly params: z.output<Params>;
      readonly query: z.output<Query>;
      readonly body: z.output<Body>;
    },
    context: OperationContext,
  ) => Promise<z.output<Reply>>;
}

/** What came with a call of the facade, not checked yet. */
export interface OperationInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** One operation of the facade, the types of its input folded away so that a table can hold them all. */
export interface Operation<Value = unknown> extends Told {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  /** Of params, query and body together: what in a call is secret. */
  readonly input: z.ZodType;
  readonly reply: z.ZodType;
  /** Whether what it answers has a version, and so an `ETag`. */
  readonly versioned: boolean;
  /** Whether it ends something, and its reply says when. */
  readonly stops: boolean;
  readonly invoke: (input: OperationInput, context: InvokeContext) => Promise<Answer<Value>>;
  /** A reply that was kept, as `invoke` would answer it. */
  readonly again: (reply: unknown) => Answer<Value>;
}

export interface Answer<Value = unknown> {
  /** Undefined for a reply without a body. */
  readonly value: Value;
  readonly version: number | undefined;
  readonly receipt: Receipt | undefined;
  /** What an earlier call with the same `Idempotency-Key` did: nothing happened this time. */
  readonly replayed?: true;
}

export type InvokeContext = Omit<OperationContext, "caller" | "provider" | "providers"> & {
  readonly caller: Omit<Caller, "details">;
};

export const verificationOf = ({ verification }: House): Verification => {
  if (verification === undefined) throw new Error("this process does not serve the facade");
  return verification;
};

/** What nobody presents cannot be verified, nor what Keyway does not keep. */
export const refuseUnverifiable = ({ capabilities, name }: Provider): void =>
  refuseOperation(capabilities, "verify", name);

/** Of operations without parameters, query or body: anything sent is an unknown field. */
export const nothing = z.strictObject({});

export const defineOperation = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Reply extends z.ZodType,
>(
  definition: Definition<Params, Query, Body, Reply>,
): Operation<z.output<Reply>> => {
  const { params, query, body, reply, run, version, receipt, ...told } = definition;
  const whole = z.strictObject({ params, query, body });
  const answerOf = (value: z.output<Reply>): Answer<z.output<Reply>> => ({
    value,
    version: version?.(value),
    receipt: receipt?.(value) ?? undefined,
  });
  const again = (kept: unknown): Answer<z.output<Reply>> => answerOf(checked(told.name, reply, kept));
  return {
    ...told,
    params,
    query,
    body,
    input: whole,
    reply,
    versioned: version !== undefined,
    stops: receipt !== undefined,
    again,
    invoke: async (input, context) => {
      const parsed = {
        params: parseInput(params, input.params),
        query: parseInput(query, input.query),
        body: parseInput(body, input.body),
      };
      const details = () => redact(whole, input);
      const value = await run(parsed, {
        ...context,
        caller: { ...context.caller, details },
        provider: (name) => reachable(name, told.permission, context),
        providers: () =>
          ownProviders(context).filter((one) => may(context.principal, told.permission, one.name)),
      }).catch(refuseCursor);
      // What answers every call of somebody else's is checked by tests alone.
      return told.hot ? answerOf(value) : again(value);
    },
  };
};

type Whose = Pick<OperationContext, "house" | "principal">;

/** A real system's keys are of one account: to another one they are not there. */
const ownProviders = ({ house, principal }: Whose): readonly Provider[] =>
  house.providers.filter(({ account }) => account === null || account === principal.account.id);

const reachable = (name: string, permission: Permission, whose: Whose): Provider => {
  const found = ownProviders(whose).find((one) => one.name === name);
  if (found === undefined) {
    throw new Refusal("not_found", "There is no provider of this name.", {
      issues: [{ path: "provider", message: "is not the name of a configured provider" }],
    });
  }
  if (may(whose.principal, permission, name)) return found;
  throw new Refusal(
    "permission_denied",
    `The credential may not do this on the provider \`${name}\`: it lacks \`${permission}\` there.`,
  );
};

export const cursorRefused = (): Refusal =>
  new Refusal("cursor_invalid", "The parameter `cursor` is not one that this list gave out.", {
    issues: [{ path: "cursor", message: "is not one that this list gave out" }],
  });

const refuseCursor = (error: unknown): never => {
  throw error instanceof ForeignCursor ? cursorRefused() : error;
};
