import { type Asked, nothingAsked } from "../../keys/asked.ts";
import type { Store } from "../../store/port.ts";
import type { Caller } from "../caller.ts";
import { changedFields } from "../capabilities.ts";
import { UpstreamFailure } from "./failure.ts";
import { isKnown } from "./known.ts";
import type { Intent } from "./ledger.ts";
import type { SeenKey, System } from "./system.ts";

/** Its clock and ours may differ by this; keys that we know to be older are told apart by their ids. */
const slackMs = 60_000;
/** A call that was cut off may be carried out a little later. */
const pausesMs = [0, 250, 1000];

/** `unseen`: the last look failed, so nothing is known. */
export type Found = { readonly seen: SeenKey } | "none" | "ambiguous" | "unseen";

/**
 * The key that a creation made whose answer was lost: new to us, made since the intent was written, and just as it was
 * asked for. One such key is ours; of several, nobody can say which.
 */
export const findCreated = async (
  {
    system,
    store,
    provider,
  }: { readonly system: System; readonly store: Pick<Store, "readDocument">; readonly provider: string },
  caller: Caller,
  intent: Intent,
  asked: Asked,
  sleep: (ms: number) => Promise<void>,
): Promise<Found> => {
  const since = Date.parse(intent.startedAt) - slackMs;
  const account = caller.account.id;
  let looked = false;
  for (const pause of pausesMs) {
    await sleep(pause);
    const found: SeenKey[] = [];
    try {
      for await (const { keys } of system.pages(caller)) {
        for (const seen of keys) {
          const { key } = seen;
          if (Date.parse(key.createdAt) < since || !isAsAsked(asked, key)) continue;
          if (!(await isKnown(store, account, provider, key.id))) found.push(seen);
        }
      }
    } catch (error) {
      // A system that lost an answer may be down for a moment, too.
      if (!(error instanceof UpstreamFailure)) throw error;
      looked = false;
      continue;
    }
    looked = true;
    const [only, ...more] = found;
    if (more.length > 0) return "ambiguous";
    if (only !== undefined) return { seen: only };
  }
  return looked ? "none" : "unseen";
};

/** `native` holds what the real system adds by itself, and a list may tell less of it than a detail. */
const isAsAsked = (asked: Asked, key: Asked): boolean =>
  changedFields({ ...asked, native: nothingAsked.native }, { ...key, native: nothingAsked.native }).every(
    (name) => name === "limits.tokenQuotas",
  );
