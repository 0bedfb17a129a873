import * as z from "zod";
import { ForeignCursor } from "./port/key-query.ts";

/** Opaque to callers: where a page ended, as base64url of JSON. */
export const encodeCursor = (place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString("base64url");

/** Throws `ForeignCursor` for everything that `encodeCursor` did not make. */
export const decodeCursor = <Place extends readonly (string | number)[]>(
  schema: z.ZodType<Place>,
  cursor: string,
): Place => {
  try {
    const place = schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    // Decoding skips characters that are not base64url.
    if (encodeCursor(place) === cursor) return place;
  } catch {}
  throw new ForeignCursor();
};

const seq = z.int().positive();
export const creationPlace = z.lazy(() => z.tuple([z.int(), seq]));
export const namePlace = z.lazy(() => z.tuple([z.string(), seq]));
export const refusalPlace = z.lazy(() => z.tuple([z.string(), z.string(), z.string(), z.string()]));
