import { profiles } from "../lib/providers/profiles.ts";
import { backedWithin } from "../lib/runtime/call-time.ts";
import { openClient } from "../lib/runtime/clients.ts";
import { parts } from "../lib/runtime/config-part.ts";
import { facade } from "../lib/runtime/facade.ts";
import { httpHandler } from "../lib/runtime/lambda.ts";
import { dynamoStorage } from "../lib/runtime/storage-dynamodb.ts";
import { serve } from "./door.ts";

export const handler = httpHandler(serve, {
  profiles,
  part: parts.whole,
  openStorage: dynamoStorage,
  openBacking: backedWithin(openClient),
  facade,
});
