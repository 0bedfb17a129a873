import type { House } from "../../lib/house.ts";
import { jobCaller } from "../../lib/jobs/caller.ts";
import type { Job } from "../../lib/jobs/job.ts";
import { parseRotation, rotationKind } from "../../lib/providers/rotation.ts";

/** Goes on with rotations whose grace is over, or whose process stopped. */
export const rotationJob = ({ store, providers, uuid }: House): Job => ({
  kind: rotationKind,
  run: async (held) => {
    const { provider: name } = parseRotation(held);
    const account = await store.readAccount(held.account);
    const provider = providers.find((one) => one.name === name && one.account === held.account);
    if (account === undefined || provider?.rotations === undefined) {
      throw new UnknownProvider(`the configuration has no upstream provider ${name} any more`);
    }
    await provider.rotations.advance(jobCaller(account, "keyway:AdvanceRotation", uuid()), held);
  },
});

class UnknownProvider extends Error {
  override readonly name = "UnknownProvider";
}
