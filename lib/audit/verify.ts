import type { Checkpoint } from "../schemas/checkpoint.ts";
import type { Store } from "../store/port/store.ts";
import { follow, genesis } from "./chain.ts";
import { isReadings } from "./chain-name.ts";
import { checkpointHolds } from "./checkpoint.ts";
import type { ChainHead } from "./entry.ts";

export interface AuditReport {
  readonly accounts: number;
  readonly entries: number;
  readonly checkpoints: number;
  /** In words: which account (with `/readings`: its chain of those), which entry, what is wrong with it. Empty when all holds. */
  readonly faults: readonly string[];
}

const pageSize = 1000;

/** Walks every chain from its first entry, and holds it against checkpoints that were kept elsewhere. */
export const verifyAudit = async (
  store: Store,
  checkpoints: readonly Checkpoint[],
  publicKey: string,
): Promise<AuditReport> => {
  const faults: string[] = [];
  const trusted = checkpoints.filter((point) => {
    const holds = checkpointHolds(point, publicKey);
    if (!holds)
      faults.push(
        `account ${point.account}: the checkpoint at entry ${point.seq} is not signed by this store's key`,
      );
    return holds;
  });
  const heads = await store.listAuditHeads();
  let entries = 0;
  for (const head of heads) {
    const points = trusted.filter((point) => point.account === head.chain);
    const walked = await walk(store, head, points);
    entries += walked.entries;
    if (walked.fault !== undefined) faults.push(`account ${head.chain}: ${walked.fault}`);
  }
  const known = new Set<string>(heads.map(({ chain }) => chain));
  for (const point of trusted) {
    if (point.seq > 0 && !known.has(point.account)) {
      faults.push(
        `account ${point.account}: its chain is missing; a checkpoint of ${point.time} saw ${point.seq} entries`,
      );
    }
  }
  return {
    accounts: heads.filter(({ chain }) => !isReadings(chain)).length,
    entries,
    checkpoints: trusted.length,
    faults,
  };
};

const walk = async (
  store: Store,
  stored: Awaited<ReturnType<Store["listAuditHeads"]>>[number],
  points: readonly Checkpoint[],
): Promise<{ readonly entries: number; readonly fault?: string }> => {
  const expected = new Map(points.map((point) => [point.seq, point]));
  let head: ChainHead = genesis;
  for (;;) {
    const page = await store.readAudit(stored.chain, head.seq, pageSize);
    if (page.length === 0) break;
    const { head: reached, fault } = follow(stored.chain, head, page);
    if (fault !== undefined) return { entries: reached.seq, fault: `entry ${fault.seq} is ${fault.kind}` };
    for (const { seq, hash } of page) {
      if (seq === stored.seq && hash !== stored.hash) {
        return { entries: seq, fault: `entry ${seq} is broken: the stored head does not name it` };
      }
      const point = expected.get(seq);
      if (point !== undefined && point.hash !== hash) {
        return {
          entries: seq,
          fault: `entry ${seq} is broken: the checkpoint of ${point.time} saw another one`,
        };
      }
    }
    head = reached;
    // A house in service goes on writing: nobody waits for the last word of a busy account.
    if (head.seq >= stored.seq && page.length < pageSize) break;
  }
  if (stored.seq === genesis.seq) {
    const what = head.seq === genesis.seq ? "its chain is missing" : "the head of its chain is missing";
    return { entries: head.seq, fault: what };
  }
  const seen = points.reduce((most, point) => Math.max(most, point.seq), stored.seq);
  if (head.seq < seen)
    return { entries: head.seq, fault: `truncated: entry ${head.seq + 1} to ${seen} are missing` };
  // An entry and its head are one commit: a head that is read after the entry knows of it.
  const now = head.seq === stored.seq ? stored : await store.readAuditHead(stored.chain);
  if (now.seq < head.seq || (now.seq === head.seq && now.hash !== head.hash)) {
    return { entries: head.seq, fault: `entry ${head.seq} is broken: the stored head does not name it` };
  }
  return { entries: head.seq };
};
