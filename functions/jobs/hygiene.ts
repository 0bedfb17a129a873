import { listEndpoints, wants } from "../../lib/events/endpoint.ts";
import type { House } from "../../lib/house.ts";
import { hygieneWalkJob } from "../../lib/hygiene/walk-job.ts";
import type { Job } from "../../lib/jobs/job.ts";
import { readAccountRules, rulesIn } from "../../lib/verification/account-rules.ts";

/** Tells endpoints of what hygiene finds. */
export const hygieneJob = ({ store, providers, usage, clock, uuid }: House): Job =>
  hygieneWalkJob({
    ...{ store, providers, usage, clock, uuid },
    isHeard: async (account) =>
      (await listEndpoints(store, account)).some(
        (one) => one.status === "enabled" && (wants(one, "finding.opened") || wants(one, "finding.ended")),
      ),
    isUnderAllowlist: async (account) =>
      rulesIn((await readAccountRules(store, account))?.body).ipAllowlist.length > 0,
  });
