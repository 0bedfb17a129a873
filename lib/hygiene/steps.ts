import { Refusal } from "../errors.ts";
import { findingIn, findingKind, isTold, storedTold, toldWrite } from "../findings/finding.ts";
import type { Caller } from "../providers/caller.ts";
import { fanOut, type Position } from "../providers/fan-out.ts";
import type { Provider } from "../providers/port.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { progressMax } from "../store/port/unit.ts";
import { judgeKeys } from "./judge.ts";
import type { Parts as FactParts } from "./read-facts.ts";
import { rulesOf } from "./rules.ts";
import { fateOf } from "./stored.ts";
import { type News, newsOf, passOf, toldKind } from "./told.ts";
import type { Step } from "./walk.ts";

export interface StepParts extends FactParts {
  readonly store: FactParts["store"] & Pick<Store, "findsUsageByKey" | "listDocumentsBackwards">;
}

/** What one part of a walk has to go by. */
export interface Walking {
  readonly caller: Caller;
  readonly providers: readonly Provider[];
  readonly pass: string;
  readonly isUnderAllowlist: boolean;
}

export interface Walked {
  readonly news: readonly News[];
  /** Null where the step has come to its end. */
  readonly next: string | null;
}

/** `away`: the real system does not answer. */
type Walk = (parts: StepParts, walking: Walking, step: Step) => Promise<Walked | "away">;

/** One part: with the walk's own document, what a store writes together. */
const atOnce = progressMax - 1;
/** What was told of keys is looked through in stretches: of a million, one look would hold up the whole process. */
const toldAtOnce = 500;
const timeoutMs = 10_000;
/** Between two passes: what the store forgets before the next one has to be told of now. */
export const passMs = 86_400_000;

const nothingNew: Omit<News, "writes"> = { opened: [], ended: [] };
const allOfIt: Walked = { news: [], next: null };

const nextOf = (records: readonly DocumentRecord[], limit: number): string | null =>
  records.length < limit ? null : (records.at(-1)?.id ?? null);

/** A page of a provider's keys, each judged as its readers would find it. */
const keys: Walk = async (parts, { caller, providers, pass, isUnderAllowlist }, step) => {
  const account = caller.account.id;
  const page = await fanOut(providers, {
    caller,
    criteria: {},
    position: step.position === null ? undefined : (JSON.parse(step.position) as Position),
    limit: atOnce,
    timeoutMs,
  });
  if (page.warnings.length > 0) return "away";
  // Each page would read the uses of all keys of the account again, and of many keys would never come to its end.
  const rules = rulesOf(undefined).filter(
    ({ byUse }) => byUse !== "finding" || parts.store.findsUsageByKey(),
  );
  const judging = { rules, isUnderAllowlist, wantsFix: false };
  const found = await judgeKeys(parts, account, providers, page.items, judging);
  const news = page.items.map(async ({ provider, id }, place) => {
    const before = await parts.store.readDocument(account, provider, toldKind, id);
    return newsOf({ account, provider, id }, before, found[place]?.map(({ rule }) => rule) ?? [], pass);
  });
  return { news: await Promise.all(news), next: page.next === null ? null : JSON.stringify(page.next) };
};

/** Keys that were told of and not met: deleted, or hidden by a page that moved, so that each is asked for by itself. */
const gone: Walk = async ({ store }, { caller, providers: [provider], pass }, { position }) => {
  if (provider === undefined) return allOfIt;
  const { name } = provider;
  const account = caller.account.id;
  const page = { before: position, limit: toldAtOnce };
  const records = await store.listDocumentsBackwards(account, name, toldKind, page);
  const unmet = records.filter((record) => passOf(record) !== pass);
  const asked = unmet.slice(0, atOnce);
  const news = asked.map(async (record): Promise<readonly News[]> => {
    try {
      await provider.read(caller, record.id);
      return [];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code !== "not_found") return [];
      return [newsOf({ account, provider: name, id: record.id }, record, [], pass)];
    }
  });
  const next = unmet.length > asked.length ? asked.at(-1)?.id : nextOf(records, toldAtOnce);
  return { news: (await Promise.all(news)).flat(), next: next ?? null };
};

/** What was written down when it happened. Of a key it may be mended, and open again when the key is put on again. */
const reported: Walk = async ({ store, clock }, { caller, providers }, { position }) => {
  const page = { before: position, limit: atOnce };
  const records = await store.listDocumentsBackwards(caller.account.id, "", findingKind, page);
  const now = clock();
  const news = records.map(async (record): Promise<News> => {
    const { provider, key, lastSeen } = findingIn(record);
    const fate =
      key === null
        ? fateByTime(record, now)
        : await fateOf(
            providers.find(({ name }) => name === provider),
            caller,
            { id: key, lastSeen },
            now.toISOString(),
          );
    return storedNews(record, fate, now);
  });
  return { news: await Promise.all(news), next: nextOf(records, atOnce) };
};

/** The store forgets it by itself. Until then it stands for what is reported again. */
const fateByTime = ({ until }: DocumentRecord, now: Date): "mended" | "unknown" =>
  Date.parse(until ?? "") <= now.getTime() + passMs ? "mended" : "unknown";

const storedNews = (record: DocumentRecord, fate: Awaited<ReturnType<typeof fateOf>>, now: Date): News => {
  const told = storedTold(record);
  const isOpen = isTold(record);
  if (fate === "gone") {
    const write = { type: "deleteDocument", record, expectedVersion: record.version } as const;
    return { writes: [write], opened: [], ended: isOpen ? [told] : [] };
  }
  if (fate === "mended" && isOpen) {
    return { writes: [toldWrite(record, { endedAt: now.toISOString() })], opened: [], ended: [told] };
  }
  return fate === "open" && !isOpen
    ? { writes: [toldWrite(record, { endedAt: null })], opened: [told], ended: [] }
    : { writes: [], ...nothingNew };
};

export const walks: Readonly<Record<Step["of"], Walk>> = { reported, keys, gone };
