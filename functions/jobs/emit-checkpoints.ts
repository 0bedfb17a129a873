import { grownCheckpoints } from "../../lib/audit/emit.ts";
import { jobHandler, noService } from "../../lib/runtime/lambda.ts";

/** Each hour a signed checkpoint of every audit chain that grew goes to the log, which `npm run audit:verify` reads. */
export const handler = jobHandler(
  ({ store, checkpoints, clock, log }) =>
    grownCheckpoints(store, checkpoints, clock, (checkpoint) =>
      log({ level: "info", message: "audit checkpoint", checkpoint }),
    ),
  noService,
);
