import { Refusal } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A body as JSON. Bytes that are not UTF-8 are refused: decoded loosely, a name would be stored that nobody sent. */
export const parseJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    // The parser's own message quotes the body, where secrets are.
    throw new Refusal("body_malformed", "The request body is not valid JSON in UTF-8.");
  }
};
