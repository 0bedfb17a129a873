import type * as z from "zod";
import type { Permission } from "./access/roles.ts";
import type { ErrorNames } from "./errors.ts";
import type { RandomBytes } from "./keys/random.ts";
import type { Caller } from "./providers/caller.ts";
import type { EmbeddedProvider } from "./providers/embedded.ts";
import type { Profile } from "./providers/profile.ts";
import type { Wire } from "./providers/wire.ts";
import { parseInput } from "./schemas/issues.ts";
import type { Key } from "./schemas/key.ts";
import { redact } from "./schemas/secret-mark.ts";
import type { UsageReads } from "./usage/reads.ts";

export interface ActionContext {
  readonly caller: Caller;
  readonly region: string;
  readonly provider: EmbeddedProvider;
  /** On a data plane, the key that calls. */
  readonly presented?: Key;
  readonly usage: UsageReads;
  readonly clock: () => Date;
  readonly random: RandomBytes;
}

/** As a surface knows it: what the audit trail shall say is found out by the action, from its own schema. */
export type CallContext = Omit<ActionContext, "caller"> & { readonly caller: Omit<Caller, "details"> };

/** One documented operation of a service, its types folded away so that a table can hold them all. */
interface ActionCore {
  readonly profile: Profile;
  readonly name: string;
  readonly permission: Permission;
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
  /** Parses, runs, and holds the reply against its schema: a reply that breaks it is our bug and is not sent. */
  invoke(input: unknown, context: CallContext): Promise<unknown>;
}

/** Of a Tencent service: found by its version and name, answered in the envelope of API 3.0. */
export interface TencentAction extends ActionCore {
  readonly surface: "tencent";
  readonly wire: Wire;
  readonly errors: ErrorNames;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `/api/v1/gateway/keys/{key_id}` */
  readonly path: string;
  readonly status: 200 | 204;
  /** Whether it reads a query, or a body; any that comes to another is left unread. */
  readonly query?: true;
  readonly body: boolean;
  /** Keys are managed by principals; the data plane is what keys themselves call. */
  readonly plane: "management" | "data";
}

/** Of a service with paths of its own. The request is of `path`, `query` and `body`, as its errors name them. */
export interface RestAction extends ActionCore {
  readonly surface: "rest";
  readonly route: Route;
}

export type Action = TencentAction | RestAction;

interface Definition<Request extends z.ZodType, Result> {
  readonly name: string;
  readonly permission: Permission;
  readonly request: Request;
  readonly run: (input: z.output<Request>, context: ActionContext) => Promise<Result>;
}

export const defineAction = <Request extends z.ZodType, Reply extends z.ZodType>(
  definition: Definition<Request, Omit<z.output<Reply>, "RequestId">> & {
    readonly wire: Wire;
    /** With `RequestId`, as it leaves. */
    readonly reply: Reply;
    /** Names of codes that are this action's alone. */
    readonly errors?: ErrorNames;
  },
): TencentAction => {
  const { wire, name, permission, request, reply } = definition;
  return {
    surface: "tencent",
    wire,
    profile: wire.profile,
    errors: { ...wire.errors, ...definition.errors },
    name,
    permission,
    request,
    reply,
    invoke: async (input, context) => {
      const result = await perform(definition, input, context);
      return checked(name, reply, { ...result, RequestId: context.caller.requestId });
    },
  };
};

export const defineRestAction = <Request extends z.ZodType, Reply extends z.ZodType>(
  definition: Definition<Request, z.output<Reply>> & {
    readonly profile: Profile;
    readonly route: Route;
    /** `z.undefined()` for a reply without a body. */
    readonly reply: Reply;
  },
): RestAction => {
  const { profile, route, name, permission, request, reply } = definition;
  return {
    surface: "rest",
    route,
    profile,
    name,
    permission,
    request,
    reply,
    invoke: async (input, context) => checked(name, reply, await perform(definition, input, context)),
  };
};

const perform = async <Request extends z.ZodType, Result>(
  { request, run }: Definition<Request, Result>,
  input: unknown,
  context: CallContext,
): Promise<Result> => {
  const parsed = parseInput(request, input);
  const details = () => redact(request, input);
  return run(parsed, { ...context, caller: { ...context.caller, details } });
};

/** The value as its schema has it, or `BrokenReply`. */
export const checked = <Reply extends z.ZodType>(
  name: string,
  schema: Reply,
  reply: unknown,
): z.output<Reply> => {
  const result = schema.safeParse(reply);
  if (!result.success) throw new BrokenReply(name, result.error.issues);
  return result.data;
};

/** Names what is wrong by path and rule; the reply itself may hold a secret. */
export class BrokenReply extends Error {
  constructor(
    name: string,
    issues: readonly { readonly path: readonly PropertyKey[]; readonly code?: string }[],
  ) {
    super(
      `the reply of ${name} breaks its schema at ${issues.map((issue) => `${issue.path.join(".")} (${issue.code})`).join(", ")}`,
    );
    this.name = "BrokenReply";
  }
}

/** Tencent actions by version and name; never by the service that a signature's scope happens to say. */
export type ActionTable = ReadonlyMap<string, ReadonlyMap<string, TencentAction>>;

export const actionTable = (actions: readonly Action[]): ActionTable => {
  const table = new Map<string, Map<string, TencentAction>>();
  for (const action of actions) {
    if (action.surface !== "tencent") continue;
    const { version } = action.wire;
    const names = table.get(version) ?? new Map<string, TencentAction>();
    if (names.has(action.name)) throw new Error(`two actions are called ${action.name}`);
    names.set(action.name, action);
    table.set(version, names);
  }
  return table;
};

export const restActions = (actions: readonly Action[]): readonly RestAction[] =>
  actions.filter((action) => action.surface === "rest");
