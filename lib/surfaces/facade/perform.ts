import { may, type Principal } from "../../access/principal.ts";
import { Refusal } from "../../errors.ts";
import type { InvokeContext, Operation, OperationInput, Perform, Performed } from "../../operation.ts";
import { idempotent } from "./once.ts";

type Shared = Omit<InvokeContext, "perform" | "expected" | "caller"> & {
  readonly caller: Omit<InvokeContext["caller"], "action" | "once">;
  /** Of the `Idempotency-Key`. */
  readonly key: string | undefined;
};

interface Call {
  readonly operation: Operation;
  readonly input: OperationInput;
  readonly expected: number | null;
  readonly shared: Shared;
}

export const requirePermission = (principal: Principal, operation: Operation): void => {
  if (may(principal, operation.permission, null)) return;
  throw new Refusal("permission_denied", `The credential's role lacks \`${operation.permission}\`.`, {
    headers: { "www-authenticate": 'Bearer realm="keyway", error="insufficient_scope"' },
  });
};

/** One operation that is permitted, whether a request of its own or a part of a batch: at most once for its key. */
export const perform = async ({ operation, input, expected, shared }: Call): Promise<Performed> => {
  const { house, principal, key } = shared;
  const caller = { ...shared.caller, action: `keyway:${operation.name}` };
  const performPart: Perform = async (part, partInput, more) => {
    requirePermission(principal, part);
    return perform({
      operation: part,
      input: partInput,
      expected: more.expected,
      // With a space, which no caller's key has: a part never shares the key of another call.
      shared: { ...shared, key: key === undefined ? undefined : `${key} ${more.part}` },
    });
  };
  const context = { house, principal, expected, perform: performPart };
  const answer =
    key === undefined
      ? await operation.invoke(input, { ...context, caller })
      : await idempotent({ house, principal, operation, input, key, caller }, (once) =>
          operation.invoke(input, { ...context, caller: { ...caller, once } }),
        );
  return { status: operation.status, ...answer };
};
