import { authorizerHandler } from "../../lib/runtime/authorizer.ts";

/** Bound to the routes of any API in API Gateway, lets in whoever shows a good key. */
export const handler = authorizerHandler();
