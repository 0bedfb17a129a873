import type * as z from "zod";
import type { Permission } from "./access/roles.ts";
import type { RandomBytes } from "./keys/random.ts";
import type { Caller } from "./providers/caller.ts";
import type { EmbeddedProvider } from "./providers/embedded.ts";
import type { Wire } from "./providers/wire.ts";
import { parseInput } from "./schemas/issues.ts";
import type { ServiceName } from "./schemas/key.ts";
import { redact } from "./schemas/secret-mark.ts";

export interface ActionContext {
  readonly caller: Caller;
  readonly region: string;
  readonly provider: EmbeddedProvider;
  readonly clock: () => Date;
  readonly random: RandomBytes;
}

interface Definition<Request extends z.ZodType, Reply extends z.ZodType> {
  readonly wire: Wire;
  readonly name: string;
  readonly permission: Permission;
  readonly request: Request;
  /** With `RequestId`, as it leaves. */
  readonly reply: Reply;
  readonly run: (
    input: z.output<Request>,
    context: ActionContext,
  ) => Promise<Omit<z.output<Reply>, "RequestId">>;
}

/** One documented operation of a Tencent service, its types folded away so that a table can hold them all. */
export interface Action {
  readonly service: ServiceName;
  readonly wire: Wire;
  readonly name: string;
  readonly permission: Permission;
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
  /** Parses, runs, and holds the reply against its schema: a reply that breaks it is our bug and is not sent. */
  invoke(
    input: unknown,
    context: Omit<ActionContext, "caller"> & { readonly caller: CallerWithoutDetails },
  ): Promise<unknown>;
}

type CallerWithoutDetails = Omit<Caller, "details">;

export const defineAction = <Request extends z.ZodType, Reply extends z.ZodType>(
  definition: Definition<Request, Reply>,
): Action => ({
  service: definition.wire.profile.service,
  wire: definition.wire,
  name: definition.name,
  permission: definition.permission,
  request: definition.request,
  reply: definition.reply,
  invoke: async (input, context) => {
    const parsed = parseInput(definition.request, input);
    const details = () => redact(definition.request, input);
    const reply = await definition.run(parsed, { ...context, caller: { ...context.caller, details } });
    const checked = definition.reply.safeParse({ ...reply, RequestId: context.caller.requestId });
    if (!checked.success) throw new BrokenReply(definition.name, checked.error.issues);
    return checked.data;
  },
});

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

/** Actions by version and name; never by the service that a signature's scope happens to say. */
export type ActionTable = ReadonlyMap<string, ReadonlyMap<string, Action>>;

export const actionTable = (actions: readonly Action[]): ActionTable => {
  const table = new Map<string, Map<string, Action>>();
  for (const action of actions) {
    const names = table.get(action.wire.version) ?? new Map<string, Action>();
    if (names.has(action.name)) throw new Error(`two actions are called ${action.name}`);
    names.set(action.name, action);
    table.set(action.wire.version, names);
  }
  return table;
};
