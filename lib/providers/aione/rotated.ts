import { isClear } from "./profile.ts";
import { isTime } from "./time.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The end of the old secret; `expires_at` is that of the key. */
const isEndName = (name: string): boolean => /grace|expires/.test(name) && name !== "expires_at";

/**
 * A rotation answers a form of its own, whose fields are not published. The new secret stands in no other reply, so it
 * is looked for wherever it may stand, and so is the end of the old one; both get the names that every key has.
 */
export const withKnownNames = (reply: unknown): unknown => {
  if (!isObject(reply)) return reply;
  const { key, new_key: newKey, api_key: apiKey } = reply;
  const secrets = [key, isObject(newKey) ? newKey.key : newKey, apiKey];
  const ends = [
    reply.rotate_grace_until,
    ...Object.entries(reply).flatMap(([name, value]) => (isEndName(name) ? [value] : [])),
  ];
  return {
    ...reply,
    key: secrets.find((one) => typeof one === "string" && isClear(one)) ?? key,
    rotate_grace_until:
      ends.find((end) => typeof end === "string" && isTime(end)) ?? reply.rotate_grace_until,
  };
};
