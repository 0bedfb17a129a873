import openapi from "../docs/openapi.json" with { type: "json" };
import { actionTable, restActions } from "../lib/action.ts";
import type { House } from "../lib/house.ts";
import type { HttpReply, HttpRequest } from "../lib/http.ts";
import { profiles } from "../lib/providers/services.ts";
import { facade } from "../lib/runtime/facade.ts";
import { httpHandler } from "../lib/runtime/lambda.ts";
import { isAione, serveAione } from "../lib/surfaces/aione/serve.ts";
import { serveFacade } from "../lib/surfaces/facade/serve.ts";
import { isForwardAuth, serveForwardAuth } from "../lib/surfaces/forward-auth/serve.ts";
import { routesOf } from "../lib/surfaces/route.ts";
import { serveTencent } from "../lib/surfaces/tencent/serve.ts";
import { actions } from "./actions.ts";
import { operations } from "./operations.ts";
import { verifyForwarded } from "./verify/verify-forwarded.ts";

const table = actionTable(actions);
const paths = routesOf(restActions(actions), ({ route }) => route);
const facadePaths = routesOf(operations, (operation) => operation);

const healthy: HttpReply = {
  status: 200,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: '{"status":"ok"}',
};

/** The facade's description, made beforehand by `npm run openapi`. */
const description = (): HttpReply => {
  descriptionText ??= JSON.stringify(openapi);
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "max-age=300" },
    body: descriptionText,
  };
};
let descriptionText: string | undefined;

/**
 * The one door: health, the Tencent surface at `/` (Go's SDK signs `/` whatever path it asks for), AIone's paths, else
 * the facade.
 */
export const serve = (request: HttpRequest, house: House): Promise<HttpReply> => {
  // Before all that goes by a header: a proxy sends on those of its client, and the Tencent surface answers 200.
  if (isForwardAuth(request)) return serveForwardAuth(request, verifyForwarded, house);
  if (request.path === "/healthz" && (request.method === "GET" || request.method === "HEAD")) {
    return Promise.resolve(healthy);
  }
  if (request.path === "/openapi.json" && (request.method === "GET" || request.method === "HEAD")) {
    return Promise.resolve(description());
  }
  const tencent = request.path === "/" || request.headers["x-tc-action"] !== undefined;
  if (tencent) return serveTencent(request, table, house);
  return isAione(request.path) ? serveAione(request, paths, house) : serveFacade(request, facadePaths, house);
};

export const handler = httpHandler(serve, { profiles, others: "none", facade });
