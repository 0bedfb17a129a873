import { jobCaller } from "../jobs/caller.ts";
import { type Job, leaseMs } from "../jobs/job.ts";
import { openTurn, type Part } from "../jobs/turn.ts";
import type { Caller } from "../providers/caller.ts";
import { fanOut } from "../providers/fan-out.ts";
import type { Provider } from "../providers/port.ts";
import type { Key } from "../schemas/key.ts";
import { eventsKeptMs } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal } from "../store/port/unit.ts";
import { changesOf, firstOf } from "./changes.ts";
import { followerKind, type Progress, progressOf, type Walk } from "./follower.ts";
import { lookAt } from "./look.ts";
import { readSchedule, scheduleWrite } from "./schedule.ts";

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readAccount" | "readDocument" | "readEvents">;
  readonly providers: readonly Provider[];
  readonly clock: () => Date;
  readonly uuid: () => string;
}

/**
 * So late a new key is seen at most, and up to ten minutes in an account in which nothing has happened for long: many are
 * such, and the times of policies are days.
 */
const pauseMs = 15_000;
const pauseMaxMs = 600_000;
/** A real system that does not answer is asked again after so long. */
const awayMs = 600_000;
/** One turn, each part of which renews the lease: the next round of the other jobs waits for it. */
const turnMs = 5000;
/** As many as a store takes in one go, each with its place among what is due. */
const atOnce = 20;
const eventsAtOnce = 200;
const timeoutMs = 10_000;
const lookAroundMs = 86_400_000;
/** Before events are forgotten: what was missed is found by walking through all keys. */
const missedMs = eventsKeptMs - 86_400_000;

/**
 * Brings policies to keys: to those that are there when a policy is set, page by page, and to others by the events that
 * tell of them. Each part is written with the place that it came to, so that the next one goes on from there.
 */
export const followerJob = (parts: Parts): Job => ({
  kind: followerKind,
  run: async (held) => {
    const { store, clock, uuid } = parts;
    const began = clock().getTime();
    const turn = openTurn(parts, held, progressOf);
    const account = await store.readAccount(held.account);
    const rest = (ms: number, quiet: number): Promise<void> =>
      turn.end({ ...turn.progress(), quiet }, clock().getTime() + ms);
    if (account === undefined) return rest(lookAroundMs, 0);
    const caller = jobCaller(account, "keyway:FollowKeys", uuid());
    const own = parts.providers.filter((one) => one.account === null || one.account === account.id);

    const isInTime = (): boolean => clock().getTime() - began < turnMs;
    let isBusy = false;
    let isMore = true;
    while (isMore && isInTime()) {
      await turn.take(async (before) => {
        const wide = widened(before, own, clock());
        const read = await store.readEvents(account.id, wide.seq, eventsAtOnce);
        const events = firstOf(read, atOnce);
        isMore = read.length === eventsAtOnce || events.length < read.length;
        isBusy ||= events.length > 0;
        const { writes, walks } = await changesOf(parts, account.id, own, events);
        const seq = events.at(-1)?.seq ?? wide.seq;
        const readAt = clock().toISOString();
        return { writes, after: { ...wide, seq, readAt, walks: merged(wide.walks, walks) } };
      });
    }
    let isAway = false;
    /** What cannot be read of one provider keeps no policy from the keys of the others. */
    let fault: unknown;
    while (!isAway && turn.progress().walks.length > 0 && isInTime()) {
      isBusy = true;
      await turn.take(async (before) => {
        const page = await pageOf(parts, caller, own, before).catch((error: unknown) => {
          if (error instanceof StoreRefusal) throw error;
          fault = error;
          return { writes: [], after: { ...before, walks: putOff(before.walks) }, isAway: true };
        });
        isAway = page.isAway;
        return page;
      });
    }
    const { walks, quiet } = turn.progress();
    const pause = isAway
      ? fault === undefined
        ? awayMs
        : leaseMs
      : walks.length > 0 || isMore
        ? 0
        : Math.min(pauseMaxMs, pauseMs * 2 ** quiet);
    await rest(pause, isBusy ? 0 : Math.min(quiet + 1, 10));
    if (fault !== undefined) throw fault;
  },
});

const fresh = (provider: Provider): Walk => ({ provider: provider.name, position: null });

const putOff = ([first, ...others]: readonly Walk[]): Walk[] => [...others, ...(first ? [first] : [])];

/** One walk for each provider; one that is asked for again begins again. */
const merged = (before: readonly Walk[], more: readonly Walk[]): Walk[] => [
  ...before.filter(({ provider }) => !more.some((one) => one.provider === provider)),
  ...more,
];

/** With walks through what no event has told of. */
const widened = (before: Progress, providers: readonly Provider[], now: Date): Progress => {
  const age = (time: string): number => now.getTime() - Date.parse(time);
  if (age(before.readAt) > missedMs) return { ...before, walks: providers.map(fresh) };
  if (age(before.lookedAroundAt) < lookAroundMs) return before;
  const real = providers.filter(({ mode }) => mode === "upstream").map(fresh);
  return { ...before, lookedAroundAt: now.toISOString(), walks: merged(before.walks, real) };
};

/** The next keys of the first walk, each with its schedule; a system that is away keeps its place, behind the others. */
const pageOf = async (
  parts: Parts,
  caller: Caller,
  providers: readonly Provider[],
  before: Progress,
): Promise<Part<Progress> & { readonly isAway: boolean }> => {
  const [walk, ...others] = before.walks;
  const provider = providers.find(({ name }) => name === walk?.provider);
  if (walk === undefined || provider === undefined) {
    return { writes: [], after: { ...before, walks: others }, isAway: false };
  }
  const { items, next, warnings } = await fanOut([provider], {
    caller,
    criteria: {},
    position: walk.position ?? undefined,
    limit: atOnce,
    timeoutMs,
  });
  if (warnings.length > 0) {
    return { writes: [], after: { ...before, walks: putOff(before.walks) }, isAway: others.length === 0 };
  }
  const writes = await Promise.all(items.map((key) => scheduled(parts, caller, provider, key)));
  const rest = next === null ? others : [{ ...walk, position: next }, ...others];
  return { writes: writes.flat(), after: { ...before, walks: rest }, isAway: false };
};

/**
 * When the key is to be looked at, as far as that can be told now; nothing where no policy says anything of it. What is
 * due earlier is left: it is found out then. So is what is due within a lease: somebody may be at it.
 */
const scheduled = async (
  parts: Parts,
  { account: { id: account } }: Caller,
  provider: Provider,
  key: Key,
): Promise<readonly DocumentWrite[]> => {
  const place = { account, provider: provider.name, id: key.id };
  const before = await readSchedule(parts.store, place);
  const now = parts.clock();
  if (before?.due !== undefined && Date.parse(before.due) <= now.getTime() + leaseMs) return [];
  const { step, memory } = await lookAt(parts, account, provider, key, before);
  const due = step.type === "wait" ? step.until : now.toISOString();
  const isEarlier = due !== null && (before?.due === undefined || due < before.due);
  return isEarlier ? [scheduleWrite(place, before, memory, due)] : [];
};
