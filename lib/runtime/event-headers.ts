type Lines = Readonly<Record<string, readonly string[]>>;

/**
 * The headers of an event, by lower-case names: one text each, lines that came twice joined in their order (RFC 9110,
 * section 5.3). Names come as they were sent, so two spellings are two entries of the event; and the single values of
 * payload v1 are the last of several. With one of two keys dropped, the application might go by the other.
 */
export const headersIn = (
  single: Readonly<Record<string, string>> | null | undefined,
  multiple: Lines | null | undefined,
): Readonly<Record<string, string>> => {
  const joined = joinedOf(Object.entries(multiple ?? {}));
  const others = Object.entries(single ?? {}).map(([name, value]) => [name, [value]] as const);
  return { ...joinedOf(others), ...joined };
};

const joinedOf = (
  entries: readonly (readonly [name: string, values: readonly string[]])[],
): Readonly<Record<string, string>> => {
  const byName = Map.groupBy(
    entries.filter(([, values]) => values.length > 0),
    ([name]) => name.toLowerCase(),
  );
  return Object.fromEntries(
    [...byName].map(([name, same]) => [name, same.flatMap(([, values]) => values).join(", ")]),
  );
};
