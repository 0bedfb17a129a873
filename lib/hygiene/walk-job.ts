import { findingEvent } from "../findings/event.ts";
import { jobCaller } from "../jobs/caller.ts";
import { type Job, leaseMs } from "../jobs/job.ts";
import { openTurn, type Part } from "../jobs/turn.ts";
import { auditDraft } from "../providers/caller.ts";
import type { Provider } from "../providers/port.ts";
import type { AccountId } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import { passMs, type StepParts, type Walked, type Walking, walks } from "./steps.ts";
import { lookAgainMs, type Progress, progressOf, type Step, walkKind } from "./walk.ts";

interface Parts extends StepParts {
  readonly store: StepParts["store"] & Pick<Store, "commit" | "progress" | "readAccount">;
  readonly providers: readonly Provider[];
  readonly uuid: () => string;
  /** Whether any endpoint of the account is told of findings. */
  readonly isHeard: (account: AccountId) => Promise<boolean>;
  readonly isUnderAllowlist: (account: AccountId) => Promise<boolean>;
}

/** One turn, each part of which renews the lease: the next round of the other jobs waits for it. */
const turnMs = 5000;
/** A real system that does not answer is asked again after so long. */
const awayMs = 600_000;

/**
 * Once a day all that hygiene finds is looked at as its readers would see it, page by page, and what is new or over since
 * the last time is told: in the commit of what is remembered of it, so that no process tells of it again. Where nobody
 * listens, no key is looked at.
 */
export const hygieneWalkJob = (parts: Parts): Job => ({
  kind: walkKind,
  run: async (held) => {
    const { store, clock, uuid } = parts;
    const began = clock().getTime();
    const turn = openTurn(parts, held, progressOf);
    const account = await store.readAccount(held.account);
    if (account === undefined || !(await parts.isHeard(account.id))) {
      const before = turn.progress();
      return turn.end({ ...before, isHeard: false }, began + (before.isHeard ? lookAgainMs : passMs));
    }
    const own = parts.providers.filter((one) => one.account === null || one.account === account.id);
    const caller = jobCaller(account, "keyway:JudgeKeys", uuid());
    const isUnderAllowlist = await parts.isUnderAllowlist(account.id);
    let isAway = false;
    /** What cannot be read of one provider keeps nobody from the findings of the others. */
    let fault: unknown;
    const part = async (standing: Progress): Promise<Part<Progress>> => {
      const before = standing.steps.length > 0 ? standing : newPass(uuid(), own, clock());
      const [step, ...others] = before.steps;
      if (step === undefined) return { writes: [], after: before };
      const providers = own.filter(({ name }) => step.provider === "" || name === step.provider);
      const walking = { caller, providers, pass: before.pass, isUnderAllowlist };
      const walked = await walks[step.of](parts, walking, step).catch((error: unknown) => {
        if (error instanceof StoreRefusal) throw error;
        fault = error;
        return "away" as const;
      });
      isAway = walked === "away";
      if (walked === "away") return { writes: [], after: { ...before, steps: behind(before, clock()) } };
      const { news, next } = walked;
      const steps = next === null ? others : [{ ...step, position: next }, ...others];
      const told = toldBy(parts, walking, step, news);
      return {
        writes: news.flatMap(({ writes }) => writes),
        after: { ...before, steps, isHeard: true },
        told,
      };
    };
    do await turn.take(part);
    while (!isAway && turn.progress().steps.length > 0 && clock().getTime() - began < turnMs);
    const after = turn.progress();
    const now = clock().getTime();
    const pause = fault === undefined ? awayMs : leaseMs;
    await turn.end(after, isAway ? now + pause : after.steps.length > 0 ? began : passEnd(after, began));
    if (fault !== undefined) throw fault;
  },
});

/** A pass that took longer than a day is followed by the next at once. */
const passEnd = ({ begunAt }: Progress, now: number): number => Math.max(Date.parse(begunAt) + passMs, now);

const newPass = (pass: string, providers: readonly Provider[], now: Date): Progress => ({
  pass,
  begunAt: now.toISOString(),
  isHeard: true,
  steps: [
    { of: "reported", provider: "", position: null },
    ...providers.flatMap(({ name }): readonly Step[] => [
      { of: "keys", provider: name, position: null },
      { of: "gone", provider: name, position: null },
    ]),
  ],
});

/**
 * What is left of a system that is away waits for the others, in its own order; and no longer than to the next pass, so
 * that one which never comes back holds up nothing else.
 */
const behind = ({ begunAt, steps }: Progress, now: Date): Step[] => {
  if (now.getTime() >= Date.parse(begunAt) + passMs) return [];
  const [first] = steps;
  const isOfFirst = ({ provider }: Step): boolean => provider === first?.provider;
  return [...steps.filter((one) => !isOfFirst(one)), ...steps.filter(isOfFirst)];
};

const toldBy = (
  { clock, uuid }: Pick<Parts, "clock" | "uuid">,
  { caller }: Walking,
  { of, provider }: Step,
  news: Walked["news"],
): Part<Progress>["told"] => {
  const time = clock().toISOString();
  const opened = news.flatMap((one) => one.opened);
  const ended = news.flatMap((one) => one.ended);
  if (opened.length + ended.length === 0) return undefined;
  const details = () => ({ opened: opened.length, ended: ended.length });
  return {
    audit: auditDraft({ ...caller, details }, `hygiene/${provider || of}`, time),
    events: [
      ...opened.map((one) => findingEvent(uuid, "finding.opened", one, time)),
      ...ended.map((one) => findingEvent(uuid, "finding.ended", one, time)),
    ],
  };
};
