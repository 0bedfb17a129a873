import { readPolicy } from "../policies/documents.ts";
import type { Provider } from "../providers/port.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord, StoredEvent } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import { isAsked } from "./decide.ts";
import type { Walk } from "./follower.ts";
import {
  type KeyPlace,
  type Memory,
  memoryOf,
  nothingKnown,
  readSchedule,
  scheduleWrite,
} from "./schedule.ts";

interface Parts {
  readonly store: Pick<Store, "readDocument">;
  readonly clock: () => Date;
}

interface Changes {
  readonly writes: readonly DocumentWrite[];
  readonly walks: readonly Walk[];
}

/** A schedule as it is to be; undefined where the key needs none. */
type Wanted = { readonly memory: Memory; readonly due: string | null } | undefined;

interface Planned {
  readonly place: KeyPlace;
  readonly before: DocumentRecord | undefined;
  readonly stood: Wanted;
  wanted: Wanted;
}

interface Told {
  readonly event: StoredEvent;
  readonly before: Wanted;
  readonly now: string;
  /** Whether a policy says something of keys of this provider that have none of their own. */
  readonly isAsked: () => Promise<boolean>;
}

/** What an event does to the schedule of the key that it tells of. */
type Rule = (told: Told) => Wanted | Promise<Wanted>;

const lookNow: Rule = ({ before, now }) => before && { ...before, due: now };

const rules: Readonly<Record<string, Rule>> = {
  "key.created": async ({ before, now, isAsked: isWanted }) =>
    before ?? ((await isWanted()) ? { memory: nothingKnown, due: now } : undefined),
  // Its time only becomes later, which is found out when the earlier one has come.
  "key.rotated": ({ event: { time }, before }) =>
    before === undefined || (before.memory.rotatedAt ?? "") >= time
      ? before
      : { ...before, memory: { ...before.memory, rotatedAt: time, notice: null } },
  "key.enabled": ({ before, now }) => before && { memory: { ...before.memory, wasOff: true }, due: now },
  // Of a key that was off its end may have moved.
  "key.updated": (told) => (told.before?.due === null ? lookNow(told) : told.before),
  "key.deleted": () => undefined,
  "policy.changed": ({ before, now }) => ({ memory: before?.memory ?? nothingKnown, due: now }),
};

const ruleOf = (type: string): Rule | undefined => (Object.hasOwn(rules, type) ? rules[type] : undefined);

/** The first of these events, about so many keys at most: one commit takes no more. */
export const firstOf = (events: readonly StoredEvent[], keysMax: number): readonly StoredEvent[] => {
  const keys = new Set<string>();
  const end = events.findIndex(({ type, subject }) => {
    if (ruleOf(type) !== undefined) keys.add(subject);
    return keys.size > keysMax;
  });
  return end === -1 ? events : events.slice(0, end);
};

/** `aione/2f1c…`, and of a policy of one key `policy/key/aione/2f1c…`. */
const keyForm = /^([^/]+)\/(.+)$/;
const keyPolicy = "policy/key/";
const policyForm = /^policy\/(?:account|provider\/(?<provider>[^/]+))$/;

/** What the account's events ask for: looks at single keys, and walks through all of a provider. */
export const changesOf = async (
  { store, clock }: Parts,
  account: AccountId,
  providers: readonly Provider[],
  events: readonly StoredEvent[],
): Promise<Changes> => {
  const now = clock().toISOString();
  const walks = new Map<string, Walk>();
  const schedules = new Map<string, Planned>();
  const names = new Set(providers.map(({ name }) => name));

  const schedule = async (place: KeyPlace): Promise<Planned> => {
    const id = `${place.provider}/${place.id}`;
    const known = schedules.get(id);
    if (known !== undefined) return known;
    const before = await readSchedule(store, place);
    const wanted = before && { memory: memoryOf(before), due: before.due ?? null };
    const made: Planned = { place, before, stood: wanted, wanted };
    schedules.set(id, made);
    return made;
  };

  for (const event of events) {
    const { type, subject } = event;
    const scope = type === "policy.changed" ? policyForm.exec(subject) : null;
    if (scope !== null) {
      const only = scope.groups?.provider;
      for (const provider of names) {
        if (only === undefined || only === provider) walks.set(provider, { provider, position: null });
      }
      continue;
    }
    const rule = ruleOf(type);
    const key = type === "policy.changed" ? subject.slice(keyPolicy.length) : subject;
    const [, provider, id] = keyForm.exec(key) ?? [];
    if (rule === undefined || provider === undefined || id === undefined || !names.has(provider)) continue;
    const one = await schedule({ account, provider, id });
    const isWanted = async (): Promise<boolean> =>
      isAsked((await readPolicy(store, account, { of: "provider", provider })).effective);
    one.wanted = await rule({ event, before: one.wanted, now, isAsked: isWanted });
  }
  const writes = [...schedules.values()].flatMap(
    ({ place, before, stood, wanted }): readonly DocumentWrite[] => {
      if (wanted === stood) return [];
      if (wanted === undefined) {
        return before === undefined
          ? []
          : [{ type: "deleteDocument", record: before, expectedVersion: before.version }];
      }
      return [scheduleWrite(place, before, wanted.memory, wanted.due)];
    },
  );
  return { writes, walks: [...walks.values()] };
};
