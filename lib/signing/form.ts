/** The largest documented call has some thousands; sorting and joining many more is work for an unknown caller. */
const pairsMax = 10_000;

const beyondAscii = /[\u0080-\uffff]/;

/**
 * `name=value` pairs of a query or form; `+` and `%20` are both spaces, blank values stay. Undefined for anything
 * else. A repeated name is refused, because which of the two values was signed would be a guess; and so is what is not
 * percent-encoded, because by then nobody knows which bytes it was.
 */
export const parseForm = (raw: string): Map<string, string> | undefined => {
  const pairs = new Map<string, string>();
  if (raw === "") return pairs;
  if (beyondAscii.test(raw)) return undefined;
  for (const part of raw.split("&", pairsMax + 1)) {
    if (pairs.size === pairsMax) return undefined;
    const mark = part.indexOf("=");
    if (mark <= 0) return undefined;
    const name = decode(part.slice(0, mark));
    const value = decode(part.slice(mark + 1));
    if (name === undefined || value === undefined || pairs.has(name)) return undefined;
    pairs.set(name, value);
  }
  return pairs;
};

const decode = (text: string): string | undefined => {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
};
