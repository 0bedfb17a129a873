import openapi from "../docs/openapi.json" with { type: "json" };
import { actionTable, restActions } from "../lib/action.ts";
import type { House } from "../lib/house.ts";
import type { HttpReply, HttpRequest } from "../lib/http.ts";
import { isAione, serveAione } from "../lib/surfaces/aione/serve.ts";
import { type Page, servePage } from "../lib/surfaces/facade/page.ts";
import { serveFacade } from "../lib/surfaces/facade/serve.ts";
import { isForwardAuth, serveForwardAuth } from "../lib/surfaces/forward-auth/serve.ts";
import { routesOf } from "../lib/surfaces/route.ts";
import { serveTencent } from "../lib/surfaces/tencent/serve.ts";
import { doorsOf, isWebhook, serveWebhook } from "../lib/surfaces/webhooks/serve.ts";
import { actions } from "./actions.ts";
import { health } from "./health.ts";
import { operations } from "./operations.ts";
import { verifyForwarded } from "./verify/verify-forwarded.ts";
import { webhookDoors } from "./webhooks/doors.ts";

const table = actionTable(actions);
const paths = routesOf(restActions(actions), ({ route }) => route);
const doors = doorsOf(webhookDoors);
const facadePaths = routesOf(operations, (operation) => operation);

let description: string | undefined;

/** By their paths. */
const pages: ReadonlyMap<string, Page> = new Map([
  ["/healthz", { name: "Health", cacheControl: "no-store", content: health }],
  [
    "/openapi.json",
    {
      name: "Description",
      cacheControl: "max-age=300",
      // Made beforehand by `npm run openapi`.
      content: async () => {
        description ??= JSON.stringify(openapi);
        return { status: 200, text: description };
      },
    },
  ],
]);

/**
 * The one door: health, the Tencent surface at `/` (Go's SDK signs `/` whatever path it asks for), AIone's paths, else
 * the facade.
 */
export const serve = async (request: HttpRequest, house: House): Promise<HttpReply> => {
  // Before all that goes by a header: a proxy sends on those of its client, and the Tencent surface answers 200.
  if (isForwardAuth(request)) return serveForwardAuth(request, verifyForwarded, house);
  const page = pages.get(request.path);
  if (page !== undefined) return servePage(request, page, house);
  const tencent = request.path === "/" || request.headers["x-tc-action"] !== undefined;
  if (isWebhook(request, doors)) return serveWebhook(request, doors, house);
  if (tencent) return serveTencent(request, table, house);
  return isAione(request.path) ? serveAione(request, paths, house) : serveFacade(request, facadePaths, house);
};
