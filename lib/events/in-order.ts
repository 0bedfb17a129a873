/** Events of one subject after one another, of several side by side. */
interface Lanes<Item, Outcome> {
  readonly items: readonly Item[];
  readonly subject: (item: Item) => string;
  readonly lanesMax: number;
  readonly run: (item: Item) => Promise<Outcome>;
  /** Asked before each one is begun: once it says so, what was not begun stays. */
  readonly isOver: () => boolean;
}

/** The outcomes of those that were begun, in the order in which they came. */
export const inOrder = async <Item, Outcome>({
  items,
  subject,
  lanesMax,
  run,
  isOver,
}: Lanes<Item, Outcome>): Promise<ReadonlyMap<Item, Outcome>> => {
  const bySubject = new Map<string, Item[]>();
  for (const item of items) {
    const own = bySubject.get(subject(item));
    if (own === undefined) bySubject.set(subject(item), [item]);
    else own.push(item);
  }
  const waiting = [...bySubject.values()].reverse();
  const outcomes = new Map<Item, Outcome>();
  const lane = async (): Promise<void> => {
    for (let own = waiting.pop(); own !== undefined; own = waiting.pop()) {
      for (const item of own) {
        if (isOver()) return;
        outcomes.set(item, await run(item));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanesMax, waiting.length) }, lane));
  return outcomes;
};
