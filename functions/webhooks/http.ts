import { profiles } from "../../lib/providers/profiles.ts";
import { backedBy } from "../../lib/runtime/backing.ts";
import { noClient } from "../../lib/runtime/clients.ts";
import { parts } from "../../lib/runtime/config-part.ts";
import { facade } from "../../lib/runtime/facade.ts";
import { httpHandler } from "../../lib/runtime/lambda.ts";
import { lightStorage } from "../../lib/runtime/storage-light.ts";
import { doorsOf, serveWebhook } from "../../lib/surfaces/webhooks/serve.ts";
import { webhookDoors } from "./doors.ts";

const doors = doorsOf(webhookDoors);

/** What others report, apart from all else: a storm of reports takes nobody's place at the one door. */
export const handler = httpHandler((request, house) => serveWebhook(request, doors, house), {
  profiles,
  part: parts.reports,
  openStorage: lightStorage,
  openBacking: () => backedBy(noClient),
  facade,
});
