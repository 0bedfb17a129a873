import { hash } from "node:crypto";
import type { AuditDraft, ChainedEntry, ChainHead } from "./entry.ts";

/** The head of a chain without entries. */
export const genesis: ChainHead = { seq: 0, hash: "0".repeat(64) };

/**
 * The text is hashed as it is stored, so that verification needs no canonical JSON. Every part before it has a fixed
 * alphabet without line feeds: no two different entries share one input.
 */
const entryHash = (account: string, seq: number, prev: string, text: string): string =>
  hash("sha256", `keyway.audit.1\n${account}\n${seq}\n${prev}\n${text}`, "hex");

export const chain = (account: string, head: ChainHead, draft: AuditDraft): ChainedEntry => {
  const seq = head.seq + 1;
  const text = JSON.stringify(draft);
  return { seq, prev: head.hash, hash: entryHash(account, seq, head.hash, text), text };
};

export type ChainFault =
  | { readonly kind: "missing"; readonly seq: number }
  | { readonly kind: "broken"; readonly seq: number };

/** Walks a chain's entries in order, a page at a time; answers the head it reached, or the first fault. */
export const follow = (
  account: string,
  from: ChainHead,
  entries: Iterable<ChainedEntry>,
): { readonly head: ChainHead; readonly fault?: ChainFault } => {
  let head = from;
  for (const entry of entries) {
    if (entry.seq !== head.seq + 1) return { head, fault: { kind: "missing", seq: head.seq + 1 } };
    const honest =
      entry.prev === head.hash && entry.hash === entryHash(account, entry.seq, entry.prev, entry.text);
    if (!honest) return { head, fault: { kind: "broken", seq: entry.seq } };
    head = { seq: entry.seq, hash: entry.hash };
  }
  return { head };
};
