import { type Budget, counterOf, isQuota } from "../keys/budget.ts";
import type { AccountId } from "../schemas/key.ts";
import type { Take, Taken } from "../store/port/budgets.ts";
import type { Store } from "../store/port/store.ts";

export type LimitMode = "exact" | "fast";

/** What became of a call at the limits of its key. */
export interface Admission {
  /** The budget that had too little left; then nothing was taken of any. */
  readonly refused: Budget | undefined;
  readonly budgets: readonly Budget[];
  /** Left of each after this call; of a leased one at least this, because other processes may hold parts of it. */
  readonly left: readonly number[];
}

/** Whose budgets these are. */
export interface Holder {
  readonly account: AccountId;
  /** `aione/2f1c…` */
  readonly name: string;
  /** Unique over all accounts. */
  readonly place: string;
  /** The lease that the fast limiter spent from last: whoever verifies again and again does not look for it. */
  lease?: Lease;
}

export const holderOf = (account: AccountId, provider: string, key: string): Holder => {
  const name = `${provider}/${key}`;
  return { account, name, place: `${account}/${name}` };
};

export interface Limiter {
  readonly mode: LimitMode;
  /** Takes of all the budgets, or of none. Not a promise where nothing has to be waited for. */
  admit(holder: Holder, budgets: readonly Budget[]): Admission | Promise<Admission>;
  /** What `admit` would say, without taking anything. */
  look(holder: Holder, budgets: readonly Budget[]): Promise<Looked>;
}

export interface Looked extends Admission {
  /** Of each budget, whether it has enough for the call. */
  readonly enough: readonly boolean[];
}

export const untilOf = ({ window }: Pick<Budget, "window">): string | null =>
  window.end === null ? null : new Date(window.end).toISOString();

const takeOf = (holder: Holder, budget: Budget): Take => ({
  counter: counterOf(holder, budget),
  window: budget.window.id,
  until: untilOf(budget),
  max: budget.max,
  by: budget.by,
  least: budget.by,
});

/** What a crash of the machine may take with it: budgets that are over before it is up again. */
const isDurable = (budgets: readonly Budget[]): boolean => budgets.some(isQuota);

const admissionOf = (budgets: readonly Budget[], { refused, used }: Taken): Admission => ({
  refused: refused === null ? undefined : budgets[refused],
  budgets,
  left: budgets.map(({ max }, place) => Math.max(0, max - (used[place] ?? 0))),
});

const nothing: Admission = { refused: undefined, budgets: [], left: [] };

/** `held` is what this process has taken of a budget and not spent yet. */
const looker =
  (store: Store, held: (holder: Holder, budget: Budget) => number): Limiter["look"] =>
  async (holder, budgets) => {
    if (budgets.length === 0) return { ...nothing, enough: [] };
    const taken = await store.readSpent(
      holder.account,
      budgets.map((budget) => ({ counter: counterOf(holder, budget), window: budget.window.id })),
    );
    const used = budgets.map((budget, place) => (taken[place] ?? 0) - held(holder, budget));
    const enough = budgets.map(({ by, max }, place) => (used[place] ?? 0) + Math.max(by, 1) <= max);
    const place = enough.indexOf(false);
    return { ...admissionOf(budgets, { refused: place < 0 ? null : place, granted: [], used }), enough };
  };

/** Every call takes from the one counter that all processes share: at most the limit in a minute, and not one less. */
export const exactLimiter = (store: Store): Limiter => ({
  mode: "exact",
  look: looker(store, () => 0),
  admit: (holder, budgets) => (budgets.length === 0 ? nothing : takeAll(store, holder, budgets)),
});

const takeAll = async (store: Store, holder: Holder, budgets: readonly Budget[]): Promise<Admission> => {
  const takes = budgets.map((budget) => takeOf(holder, budget));
  return admissionOf(budgets, await store.take(holder.account, takes, isDurable(budgets)));
};

/** Of a budget, how much a process takes into its hands at a time. */
const slices = 16;

interface Lease {
  readonly minute: string;
  readonly max: number;
  left: number;
  /** Of the shared counter, when this process last took of it. Requests are never given back: it only shrinks. */
  unspent: number;
  refill: Promise<void> | undefined;
}

/**
 * Takes a slice of the requests of a minute at a time, and spends it in memory. The slices come from the counter that
 * all processes share, so that together they never admit more than the limit: what this mode may do is refuse early,
 * while another process holds a slice that it does not use. Budgets of tokens are taken exactly here, too.
 */
export const fastLimiter = (store: Store): Limiter => {
  const exact = exactLimiter(store);
  let leases = new Map<string, Lease>();
  let minute = "";

  const leaseOf = (holder: Holder, { window, max }: Budget): Lease => {
    const last = holder.lease;
    // Two holders of one key may be told different limits while one of them is changed.
    if (last !== undefined && last.minute === window.id && last.max === max) return last;
    if (window.id !== minute) {
      // No lease outlives its minute, so they all go at once and nothing has to be swept.
      minute = window.id;
      leases = new Map();
    }
    let lease = leases.get(holder.place);
    // Of a limit that was changed, what is left of the old one is nothing.
    if (lease?.max !== max) {
      lease = { minute, max, left: 0, unspent: max, refill: undefined };
      leases.set(holder.place, lease);
    }
    holder.lease = lease;
    return lease;
  };

  const refill = async (holder: Holder, budget: Budget, lease: Lease): Promise<void> => {
    const missing = budget.by - lease.left;
    const slice = Math.max(missing, Math.ceil(budget.max / slices));
    const take = { ...takeOf(holder, budget), by: slice, least: missing };
    const { granted, used } = await store.take(holder.account, [take], false);
    lease.left += granted[0] ?? 0;
    lease.unspent = budget.max - (used[0] ?? 0);
  };

  const spend = (lease: Lease, budget: Budget): Admission => {
    lease.left -= budget.by;
    return { refused: undefined, budgets: [budget], left: [lease.left + lease.unspent] };
  };

  const refillAndSpend = async (holder: Holder, budget: Budget, lease: Lease): Promise<Admission> => {
    while (lease.left < budget.by) {
      const left = lease.left + lease.unspent;
      if (budget.by > left) return { refused: budget, budgets: [budget], left: [left] };
      // Calls that come while a slice is on its way wait for it, and see whether it is enough for them, too.
      lease.refill ??= refill(holder, budget, lease).finally(() => {
        lease.refill = undefined;
      });
      await lease.refill;
    }
    return spend(lease, budget);
  };

  const admit: Limiter["admit"] = (holder, budgets) => {
    const [budget] = budgets;
    if (budgets.length !== 1 || budget?.kind !== "requests") return exact.admit(holder, budgets);
    const lease = leaseOf(holder, budget);
    return lease.left < budget.by ? refillAndSpend(holder, budget, lease) : spend(lease, budget);
  };

  const look = looker(store, (holder, { kind, window }) =>
    kind === "requests" && window.id === minute ? (leases.get(holder.place)?.left ?? 0) : 0,
  );

  return { mode: "fast", look, admit };
};
