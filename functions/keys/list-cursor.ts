import { timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { cursorRefused } from "../../lib/operation.ts";
import type { Position } from "../../lib/providers/fan-out.ts";
import type { Vault } from "../../lib/sealing/vault.ts";

const position = z.record(z.string(), z.string().nullable());

/** Bound to the account and the filters, `list`: a cursor of another list would skip keys without a word. */
const proofOf = (vault: Vault, list: string, place: string): string =>
  vault.digest(`cursor\n${list}\n${place}`);

export const encodeListCursor = (vault: Vault, list: string, next: Position): string => {
  const place = Buffer.from(JSON.stringify(next)).toString("base64url");
  return `${place}~${proofOf(vault, list, place)}`;
};

export const decodeListCursor = (vault: Vault, list: string, cursor: string): Position => {
  const [place = "", proof = ""] = cursor.split("~", 2);
  const [mine, theirs] = [Buffer.from(proofOf(vault, list, place)), Buffer.from(proof)];
  if (mine.length !== theirs.length || !timingSafeEqual(mine, theirs)) throw cursorRefused();
  return position.parse(JSON.parse(Buffer.from(place, "base64url").toString("utf8")));
};
