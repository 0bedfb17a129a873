import type { DocumentRecord } from "../store/port/records.ts";

/** A process that stops without a word is waited for so long: longer than the calls of any one step may take together. */
export const leaseMs = 120_000;

/** Something that is done by the clock, step by step: each of its documents that is due is one process's at a time. */
export interface Job {
  /** Of its documents. */
  readonly kind: string;
  /**
   * One step of a document that this process holds. It writes the document's next version, with the time of its next
   * step or none: whoever has lost the document meanwhile is refused by the store there (`conflict`). What throws is
   * told, and done again when the lease ends.
   */
  run(held: DocumentRecord): Promise<void>;
}
