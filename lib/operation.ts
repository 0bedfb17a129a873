import * as z from "zod";
import type { Principal } from "./access/principal.ts";
import type { Permission } from "./access/roles.ts";
import { checked } from "./action.ts";
import { Refusal } from "./errors.ts";
import type { House } from "./house.ts";
import type { Caller } from "./providers/caller.ts";
import { parseInput } from "./schemas/issues.ts";
import { redact } from "./schemas/secret-mark.ts";
import { ForeignCursor } from "./store/port.ts";

export interface OperationContext {
  readonly house: House;
  readonly principal: Principal;
  readonly caller: Caller;
}

interface Definition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Reply extends z.ZodType,
> {
  readonly method: "GET" | "POST" | "DELETE";
  /** `/v1/credentials/{id}` */
  readonly path: string;
  readonly name: string;
  readonly permission: Permission;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** `z.undefined()` for a reply without a body. */
  readonly reply: Reply;
  readonly status: 200 | 201 | 204;
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

/** One operation of the facade, its types folded away so that a table can hold them all. */
export interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly name: string;
  readonly permission: Permission;
  readonly status: 200 | 201 | 204;
  /** Of params, query and body together: what in a call is secret. */
  readonly input: z.ZodType;
  readonly reply: z.ZodType;
  readonly invoke: (
    input: OperationInput,
    context: Omit<OperationContext, "caller"> & { readonly caller: Omit<Caller, "details"> },
  ) => Promise<unknown>;
}

/** Of operations without parameters, query or body: anything sent is an unknown field. */
export const nothing = z.strictObject({});

export const defineOperation = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Reply extends z.ZodType,
>(
  definition: Definition<Params, Query, Body, Reply>,
): Operation => {
  const whole = z.strictObject({ params: definition.params, query: definition.query, body: definition.body });
  return {
    method: definition.method,
    path: definition.path,
    name: definition.name,
    permission: definition.permission,
    status: definition.status,
    input: whole,
    reply: definition.reply,
    invoke: async (input, context) => {
      const parsed = {
        params: parseInput(definition.params, input.params),
        query: parseInput(definition.query, input.query),
        body: parseInput(definition.body, input.body),
      };
      const details = () => redact(whole, input);
      const reply = await definition
        .run(parsed, { ...context, caller: { ...context.caller, details } })
        .catch(refuseCursor);
      return checked(definition.name, definition.reply, reply);
    },
  };
};

const refuseCursor = (error: unknown): never => {
  if (!(error instanceof ForeignCursor)) throw error;
  throw new Refusal("field_value_invalid", "The parameter `cursor` is not one that this list gave out.", {
    issues: [{ path: "cursor", message: "is not one that this list gave out" }],
  });
};
