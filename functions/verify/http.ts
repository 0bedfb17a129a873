import type { House } from "../../lib/house.ts";
import type { HttpReply, HttpRequest } from "../../lib/http.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { parts } from "../../lib/runtime/config-part.ts";
import { httpHandler } from "../../lib/runtime/lambda.ts";
import { lightStorage } from "../../lib/runtime/storage-light.ts";
import { verifying } from "../../lib/runtime/verifying.ts";
import { serveFacade } from "../../lib/surfaces/facade/serve.ts";
import { isForwardAuth, serveForwardAuth } from "../../lib/surfaces/forward-auth/serve.ts";
import { routesOf } from "../../lib/surfaces/route.ts";
import { settleVerification } from "./settle-verification.ts";
import { verifyForwarded } from "./verify-forwarded.ts";
import { verifyKey } from "./verify-key.ts";
import { verifyKeys } from "./verify-keys.ts";

const paths = routesOf(
  [verifyForwarded, verifyKey, verifyKeys, settleVerification],
  (operation) => operation,
);

/** What is asked on every call of somebody else's, and nothing besides: a small bundle starts soon, and needs few rights. */
const serve = (request: HttpRequest, house: House): Promise<HttpReply> =>
  isForwardAuth(request)
    ? serveForwardAuth(request, verifyForwarded, house)
    : serveFacade(request, paths, house);

export const handler = httpHandler(serve, {
  profiles,
  part: parts.verifying,
  openStorage: lightStorage,
  facade: verifying,
});
