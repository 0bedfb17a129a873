import * as z from "zod";
import { Refusal } from "../../errors.ts";
import { type FindingTold, findingEvent } from "../../findings/event.ts";
import type { DocumentRecord, EventDraft } from "../../store/port/records.ts";
import type { Store } from "../../store/port/store.ts";
import { StoreRefusal, type Write } from "../../store/port/unit.ts";
import { auditDraft, type Caller } from "../caller.ts";
import type { Inventory } from "../port.ts";
import { type Intent, isHeld, unresolvedTold } from "./intents.ts";
import { knownKind, parseKnown, remember } from "./known.ts";
import { intentRecord } from "./ledger.ts";
import type { OnceLedger } from "./once.ts";
import { refused } from "./refusal.ts";
import { isGone } from "./remove.ts";
import { readGenerations } from "./rotation/generations.ts";
import type { Page, System } from "./system.ts";

/** How far an inventory has come. It stands in the commit of each page, so that a crash costs one page. */
const progress = z.object({
  pass: z.string(),
  next: z.number(),
  total: z.number(),
  appeared: z.object({ count: z.number(), ids: z.array(z.string()) }),
  changed: z.object({ count: z.number(), ids: z.array(z.string()) }),
  /** Of passes that began before it was kept, none. */
  vanished: z.object({ count: z.number(), ids: z.array(z.string()) }).default({ count: 0, ids: [] }),
});
type Progress = z.infer<typeof progress>;

const progressKind = "inventory";
/** Of each kind of change: more are counted, not listed. */
const idsMax = 1000;
/** Of known keys that are looked through at once. */
const pageSize = 100;

interface Parts {
  readonly store: Store;
  readonly system: System;
  readonly ledger: OnceLedger;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

type Found = Progress["appeared"];

const added = (before: Found, ids: readonly string[]): Found => ({
  count: before.count + ids.length,
  ids: [...before.ids, ...ids].slice(0, idsMax),
});

/** What one commit of a store takes with room to spare. */
const keysAtOnce = 50;
/** Changes without a word, told with the end of one inventory; what is left is told by the next. */
const leftAtOnce = 20;

export const syncInventory = async (parts: Parts, provider: string, caller: Caller): Promise<Inventory> => {
  const { store, system, ledger, clock, uuid } = parts;
  const account = caller.account.id;
  const standing = await store.readDocument(account, provider, progressKind, "current");
  let record = standing ?? (await begin(parts, provider, caller));
  let state = progress.parse(record.body);
  const { knownAs } = await readGenerations(store, account, provider);

  const commit = async (
    writes: readonly Write[],
    found: readonly FindingTold[],
    details: unknown,
  ): Promise<void> => {
    const time = clock().toISOString();
    const draft = auditDraft(caller, `${provider}/inventory`, time);
    const events = found.map((one): EventDraft => findingEvent(uuid, "finding.opened", one, time));
    await store.commit({ account, writes, audit: { ...draft, details }, events }).catch((error: unknown) => {
      if (!(error instanceof StoreRefusal)) throw error;
      throw new Refusal(
        "conflict",
        "Another inventory of this provider is under way, or its keys change. Try again.",
      );
    });
  };

  const step = async (
    writes: readonly Write[],
    found: readonly FindingTold[],
    after: Progress,
    details: unknown,
  ): Promise<void> => {
    const moved: DocumentRecord = { ...record, version: record.version + 1, body: after };
    const write: Write = { type: "replaceDocument", record: moved, expectedVersion: record.version };
    await commit([...writes, write], found, details);
    record = moved;
    state = after;
  };

  const takePart = async ({ keys, next }: Page): Promise<void> => {
    const writes: Write[] = [];
    const appeared: string[] = [];
    const changed: string[] = [];
    for (const seen of keys) {
      const { id, version } = system.numbered(seen).key;
      const before = await store.readDocument(account, provider, knownKind, id);
      const known = before === undefined ? undefined : parseKnown(before.body);
      // Whoever goes on with an inventory may meet again what was read before.
      if (known?.seenBy === state.pass) continue;
      if (known === undefined) appeared.push(knownAs(id));
      else if (known.version !== null && known.version !== version) changed.push(knownAs(id));
      writes.push(remember({ account, provider, id }, before, { version, seenBy: state.pass }));
    }
    const after: Progress = {
      ...state,
      next,
      total: state.total + writes.length,
      appeared: added(state.appeared, appeared),
      changed: added(state.changed, changed),
    };
    const found = [
      ...differences(provider, "appeared", appeared),
      ...differences(provider, "changed", changed),
    ];
    await step(writes, found, after, { pass: state.pass, read: next, appeared, changed });
  };

  /** In parts, as a store takes them. Whoever goes on after one of them reads the page again, and counts nothing twice. */
  const take = async ({ keys, next }: Page): Promise<void> => {
    for (let start = 0; start === 0 || start < keys.length; start += keysAtOnce) {
      const part = keys.slice(start, start + keysAtOnce);
      await takePart({ keys: part, next: start + keysAtOnce < keys.length ? state.next : next });
    }
  };

  /** In parts, too; the last one goes with the end. Whoever goes on after one of them still tells of all. */
  const forget = async (missing: readonly DocumentRecord[]) => {
    const writes = missing.map(
      (one): Write => ({ type: "deleteDocument", record: one, expectedVersion: one.version }),
    );
    let start = 0;
    for (; start + keysAtOnce < missing.length; start += keysAtOnce) {
      const ids = missing.slice(start, start + keysAtOnce).map(({ id }) => knownAs(id));
      const after: Progress = { ...state, vanished: added(state.vanished, ids) };
      const found = differences(provider, "vanished", ids);
      await step(writes.slice(start, start + keysAtOnce), found, after, { pass: state.pass, vanished: ids });
    }
    const ids = missing.slice(start).map(({ id }) => knownAs(id));
    state = { ...state, vanished: added(state.vanished, ids) };
    return { writes: writes.slice(start), found: differences(provider, "vanished", ids) };
  };

  try {
    for await (const page of system.pages(caller, state.next)) await take(page);
    const forgotten = await forget(await findVanished(parts, provider, caller, state.pass));
    const intents = await ledger.open(caller);
    const left = intents.filter((one) => one.foundAt === null && !isHeld(one, clock())).slice(0, leftAtOnce);
    const unresolved = intents.map(({ operation, about, requestId, startedAt }) => ({
      operation,
      about,
      requestId,
      startedAt,
    }));
    const inventory: Inventory = {
      total: state.total,
      appeared: state.appeared,
      changed: state.changed,
      vanished: state.vanished,
      unresolved,
      resumed: standing !== undefined,
    };
    // What has appeared is known from here on: a repetition would tell of nothing, so its outcome stands in this commit.
    const told = caller.once?.outcome({ reply: { ...inventory }, secret: null }) ?? [];
    await commit(
      [
        ...told,
        ...forgotten.writes,
        ...left.map((one) => foundWrite(caller, provider, one, clock())),
        { type: "deleteDocument", record, expectedVersion: record.version },
      ],
      [...forgotten.found, ...left.map((one) => unresolvedTold(provider, one))],
      { pass: state.pass, total: state.total, vanished: state.vanished.ids },
    );
    return inventory;
  } catch (error) {
    return refused(provider)(error);
  }
};

/** What happened without Keyway. It is known from then on, so that none of these is ever told as ended. */
const differences = (
  provider: string,
  rule: "appeared" | "changed" | "vanished",
  ids: readonly string[],
): readonly FindingTold[] =>
  ids.map((id) => ({ finding: `${rule}/${provider}/${id}`, rule, severity: "medium", provider, key: id }));

/** Whoever was at it stopped without a word: that it is found is kept with it, so that it is told once. */
const foundWrite = (caller: Caller, provider: string, intent: Intent, now: Date): Write => ({
  type: "replaceDocument",
  record: intentRecord(caller, provider, {
    ...intent,
    version: intent.version + 1,
    foundAt: now.toISOString(),
  }),
  expectedVersion: intent.version,
});

const begin = async (
  { store, clock, uuid }: Pick<Parts, "store" | "clock" | "uuid">,
  provider: string,
  caller: Caller,
): Promise<DocumentRecord> => {
  const nothing = { count: 0, ids: [] };
  const body: Progress = {
    pass: uuid(),
    next: 0,
    total: 0,
    appeared: nothing,
    changed: nothing,
    vanished: nothing,
  };
  const account = caller.account.id;
  const record = { account, provider, kind: progressKind, id: "current", region: "", version: 1, body };
  try {
    await store.commit({
      account,
      writes: [{ type: "insertDocument", record }],
      audit: {
        ...auditDraft(caller, `${provider}/inventory`, clock().toISOString()),
        details: { pass: body.pass, began: true },
      },
      // What it finds is told as it is found.
      events: [],
    });
  } catch (error) {
    if (!(error instanceof StoreRefusal)) throw error;
    throw new Refusal("conflict", "Another inventory of this provider has just begun. Try again.");
  }
  return record;
};

/** Known keys that no page showed. A page that moved may have hidden one, so each of them is asked for by itself. */
const findVanished = async (
  { store, system }: Pick<Parts, "store" | "system">,
  provider: string,
  caller: Caller,
  pass: string,
): Promise<readonly DocumentRecord[]> => {
  const missing: DocumentRecord[] = [];
  const account = caller.account.id;
  for (let afterId = ""; ; ) {
    const page = await store.listDocumentsUnlike(
      account,
      provider,
      knownKind,
      { name: "seenBy", value: pass },
      { afterId, limit: pageSize },
    );
    for (const one of page) if (await isGone(system, caller, one.id)) missing.push(one);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    afterId = last.id;
  }
  return missing;
};
