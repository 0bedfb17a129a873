import { Refusal, UnreadableRow } from "../../lib/errors.ts";
import {
  defineOperation,
  nothing,
  type Operation,
  type OperationContext,
  type OperationInput,
} from "../../lib/operation.ts";
import type { Expected } from "../../lib/providers/expected.ts";
import { type BatchPart, batchKeysBody, batchKeysReply } from "../../lib/schemas/batch.ts";
import { problemOf } from "../../lib/surfaces/facade/problem.ts";
import { changeKey } from "./change-key.ts";
import { createKey } from "./create-key.ts";
import { deleteKey, unconfirmed } from "./delete-key.ts";
import { disableKey } from "./disable-key.ts";
import { enableKey } from "./enable-key.ts";
import { rotateKey } from "./rotate-key.ts";

const parts: Readonly<Record<BatchPart["op"], Operation>> = {
  create: createKey,
  change: changeKey,
  delete: deleteKey,
  enable: enableKey,
  disable: disableKey,
  rotate: rotateKey,
};

/** One after the other, each with its own permission, commit and audit entry: one that is refused stops no other. */
export const batchKeys = defineOperation({
  method: "POST",
  path: "/v1/keys:batch",
  name: "BatchKeys",
  summary: "Up to 100 operations on keys, an outcome for each, in order",
  permission: "keys:read",
  params: nothing,
  query: nothing,
  body: batchKeysBody,
  reply: batchKeysReply,
  status: 200,
  once: true,
  parts: true,
  example: {
    body: {
      operations: [
        { op: "create", body: { provider: "tokenhub", name: "one of two" } },
        { op: "disable", provider: "tokenhub", id: "{key}" },
      ],
    },
  },
  run: async ({ body }, context) => {
    const outcomes = [];
    for (const [place, part] of body.operations.entries()) {
      outcomes.push(await outcomeOf(part, String(place), context));
    }
    return { outcomes };
  },
});

const inputOf = (part: BatchPart): OperationInput => ({
  params: part.op === "create" ? {} : { provider: part.provider, id: part.id },
  query: part.op === "delete" && part.confirm !== undefined ? { confirm: part.confirm } : {},
  body: "body" in part ? part.body : {},
});

const expectedOf = (part: BatchPart): Expected => {
  const named = part.op === "create" ? undefined : part.ifMatch;
  if (named !== undefined) return named === "*" ? null : [named];
  if (part.op !== "change") return null;
  throw new Refusal("precondition_missing", "Say which version you change: `ifMatch`, its number or `*`.");
};

const outcomeOf = async (part: BatchPart, place: string, { perform, caller, house }: OperationContext) => {
  const operation = parts[part.op];
  try {
    // It is refused anyway; here in the words of a batch, which has no query.
    if (part.op === "delete" && part.confirm !== part.id) throw unconfirmed("`confirm`");
    const { status, value } = await perform(operation, inputOf(part), {
      part: place,
      expected: expectedOf(part),
    });
    // A deletion has no headers here: its receipt stands in its outcome.
    return { status, body: JSON.parse(JSON.stringify(value ?? null)) };
  } catch (error) {
    const { requestId, account, actor } = caller;
    const refusal = error instanceof Refusal ? error : undefined;
    const action = `keyway:${operation.name}`;
    if (refusal === undefined || refusal instanceof UnreadableRow) {
      const told = refusal && { error: refusal.fault };
      house.log({ level: "error", message: "internal error in a batch", requestId, action, ...told });
    } else {
      const time = house.clock().toISOString();
      const { credential: principal, ip } = actor;
      house.refusals.count({
        account: account.id,
        principal,
        action,
        code: refusal.code,
        ip,
        requestId,
        time,
      });
    }
    const problem = problemOf(refusal, requestId);
    return { status: problem.status, body: JSON.parse(JSON.stringify(problem)) };
  }
};
