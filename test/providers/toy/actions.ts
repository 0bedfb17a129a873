import type { Action } from "../../../lib/action.ts";
import { createToken } from "./create-token.ts";
import { deleteToken } from "./delete-token.ts";
import { describeToken } from "./describe-token.ts";
import { describeTokens } from "./describe-tokens.ts";
import { modifyToken } from "./modify-token.ts";

/** What would be the service's lines in functions/actions.ts. */
export const toyActions: readonly Action[] = [
  createToken,
  describeToken,
  describeTokens,
  modifyToken,
  deleteToken,
];
