const inOrder = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return [...new Set(value.map(contentText))].sort();
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, inOrder(inner)]),
  );
};

/**
 * What a value of a key says, as a text: the same for two that say the same. All lists of a key are sets, and a service
 * may answer them in an order of its own.
 */
export const contentText = (value: unknown): string => JSON.stringify(inOrder(value)) ?? "";

export const sameContent = (one: unknown, other: unknown): boolean => contentText(one) === contentText(other);
