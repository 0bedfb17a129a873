import { Refusal, type UpstreamWord } from "../errors.ts";
import type { Key } from "../schemas/key.ts";
import type { Caller } from "./caller.ts";
import type { Criteria, Listed, Provider, Source } from "./port.ts";

/**
 * Where a list goes on: after what, in each source that has more. A source that is not named is at its end. A provider
 * whose sources could not be told stands for all of them.
 */
export type Position = Readonly<Record<string, string | null>>;

interface ListWarning {
  readonly provider: string;
  readonly code: string;
  readonly message: string;
  /** What the real system said. */
  readonly upstream?: UpstreamWord;
}

interface Merged {
  readonly items: readonly Key[];
  readonly next: Position | null;
  readonly warnings: readonly ListWarning[];
}

interface Asked {
  readonly caller: Caller;
  readonly criteria: Criteria;
  /** Undefined for the first page. */
  readonly position: Position | undefined;
  readonly limit: number;
  /** For each provider; all are asked at once, so that the list takes no longer than this. */
  readonly timeoutMs: number;
}

interface Page {
  readonly source: Source;
  readonly after: string | null;
  /** One more than the limit tells that there is more. */
  readonly listed: readonly Listed[];
  taken: number;
}

/** One page over all providers, newest first. A provider that fails is told of, and the others are listed. */
export const fanOut = async (providers: readonly Provider[], asked: Asked): Promise<Merged> => {
  const answers = await Promise.all(providers.map((provider) => pagesOf(provider, asked)));
  const pages = answers.flatMap((answer) => answer.pages);
  const items: Key[] = [];
  while (items.length < asked.limit) {
    const newest = newestOf(pages);
    const found = newest?.listed[newest.taken];
    if (newest === undefined || found === undefined) break;
    newest.taken += 1;
    items.push(found.key);
  }
  const rest = pages.filter(({ listed, taken }) => taken < listed.length);
  const failed = answers.flatMap(({ failedAt }) => Object.entries(failedAt));
  const next = Object.fromEntries([
    ...rest.map(({ source, after, listed, taken }) => [source.name, listed[taken - 1]?.cursor ?? after]),
    // Tried again with the next page, so that a provider that comes back is not left out.
    ...failed,
  ]);
  return {
    items,
    next: rest.length === 0 ? null : next,
    warnings: answers.flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
  };
};

const newestOf = (pages: readonly Page[]): Page | undefined => {
  let newest: Page | undefined;
  for (const page of pages) {
    const mine = page.listed[page.taken]?.key.createdAt;
    const best = newest?.listed[newest.taken]?.key.createdAt;
    if (mine !== undefined && (best === undefined || mine > best)) newest = page;
  }
  return newest;
};

interface Answer {
  readonly pages: readonly Page[];
  readonly failedAt: Position;
  readonly warning?: ListWarning;
}

const pagesOf = async (provider: Provider, asked: Asked): Promise<Answer> => {
  const { caller, criteria, position, limit, timeoutMs } = asked;
  const signal = AbortSignal.timeout(timeoutMs);
  const isWanted = (source: string): boolean =>
    position === undefined || Object.hasOwn(position, source) || Object.hasOwn(position, provider.name);
  let wanted: readonly Source[] | undefined;
  try {
    const sources = await within(signal, provider.sources(caller));
    wanted = sources.filter(({ name }) => isWanted(name));
    const pages = wanted.map(async (source): Promise<Page> => {
      const after = position?.[source.name] ?? null;
      const listed = await within(signal, source.page(caller, criteria, after, limit + 1, signal));
      return { source, after, listed, taken: 0 };
    });
    return { pages: await Promise.all(pages), failedAt: {} };
  } catch (error) {
    return {
      pages: [],
      failedAt:
        wanted === undefined
          ? placesOf(provider, position)
          : Object.fromEntries(wanted.map(({ name }) => [name, position?.[name] ?? null])),
      warning: { provider: provider.name, ...reasonOf(error) },
    };
  }
};

/** Where the list stands in a provider whose sources are not known: a source has its name, or begins with it. */
const placesOf = ({ name }: Provider, position: Position | undefined): Position =>
  position === undefined
    ? { [name]: null }
    : Object.fromEntries(
        Object.entries(position).filter(([source]) => source === name || source.startsWith(`${name}/`)),
      );

/** What was promised, or the end of the time for it. */
const within = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = (): void => reject(new Refusal("upstream_timeout", "The provider did not answer in time."));
    signal.addEventListener("abort", late, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });

const reasonOf = (error: unknown): Omit<ListWarning, "provider"> =>
  error instanceof Refusal
    ? { code: error.code, message: error.message, ...(error.upstream && { upstream: error.upstream }) }
    : { code: "internal", message: "The provider's keys could not be listed." };
