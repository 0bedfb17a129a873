import { setTimeout as sleep } from "node:timers/promises";
import type { House } from "../../lib/house.ts";
import type { Job } from "../../lib/jobs/job.ts";
import { sweep } from "../../lib/jobs/sweep.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { probeJob } from "../../lib/receipts/probe-job.ts";
import { backedWithin } from "../../lib/runtime/call-time.ts";
import { openClient } from "../../lib/runtime/clients.ts";
import { parts } from "../../lib/runtime/config-part.ts";
import { facade } from "../../lib/runtime/facade.ts";
import { jobHandler } from "../../lib/runtime/lambda.ts";
import { lightStorage } from "../../lib/runtime/storage-light.ts";
import { followerJob } from "../../lib/schedules/follow.ts";
import { keyScheduleJob } from "../../lib/schedules/run.ts";
import { limitJob } from "../../lib/verification/limit-job.ts";
import { hygieneJob } from "./hygiene.ts";
import { rotationJob } from "./rotations.ts";

/** Below the minute after which the next round begins. */
const roundMs = 50_000;

/** All that is done by the clock but deliveries: by the minute in the cloud, by the second where a server runs. */
export const sweepRound = (house: House): (() => Promise<void>) => {
  const { store, clock, verification, jobHealth: health } = house;
  const addUpUses = async (): Promise<void> => {
    await verification?.usage.flush();
    await store.sumUpUsage();
  };
  const jobs: readonly Job[] = [
    rotationJob(house),
    limitJob(house),
    followerJob(house),
    keyScheduleJob({ ...house, addUpUses }),
    hygieneJob(house),
    probeJob({ ...house, sleep: (ms) => sleep(ms) }),
  ];
  return () => sweep({ store, clock, health }, jobs, new Date(clock().getTime() + roundMs));
};

export const handler = jobHandler(sweepRound, {
  profiles,
  part: parts.rounds,
  openStorage: lightStorage,
  openBacking: backedWithin(openClient),
  facade,
});
