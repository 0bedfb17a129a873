import type { Checkpoint } from "../schemas/checkpoint.ts";
import type { Store } from "../store/port/store.ts";
import type { CheckpointSigner } from "./checkpoint.ts";

export interface CheckpointEmitter {
  /** A checkpoint for every chain that grew since its last one. */
  emit(): Promise<void>;
  /** Emits for the last time. */
  close(): Promise<void>;
}

/** Of a round by the clock; `JobHealth` keeps both. */
interface Told {
  failed(job: string, error: unknown): Promise<void>;
  worked(job: string): Promise<void>;
}

const job = "checkpoints";
const intervalMs = 3_600_000;

/** A checkpoint for every chain that grew since the last time. */
export const grownCheckpoints = (
  store: Store,
  signer: () => Promise<CheckpointSigner>,
  clock: () => Date,
  take: (checkpoint: Checkpoint) => void,
): (() => Promise<void>) => {
  const emitted = new Map<string, number>();
  return async () => {
    const { sign } = await signer();
    for (const head of await store.listAuditHeads()) {
      if (head.seq === 0 || emitted.get(head.chain) === head.seq) continue;
      take(sign(head.chain, head, clock().toISOString()));
      emitted.set(head.chain, head.seq);
    }
  };
};

/** Hands out signed checkpoints as time goes by; the log takes them away from the machine that could be tampered with. */
export const openCheckpointEmitter = (
  store: Store,
  signer: () => Promise<CheckpointSigner>,
  clock: () => Date,
  take: (checkpoint: Checkpoint) => void,
  told: Told,
): CheckpointEmitter => {
  const emit = grownCheckpoints(store, signer, clock, take);
  const round = (): Promise<void> =>
    emit().then(
      () => told.worked(job),
      (error: unknown) => told.failed(job, error),
    );
  const timer = setInterval(() => void round(), intervalMs);
  timer.unref();
  return {
    emit,
    close: async () => {
      clearInterval(timer);
      await emit();
    },
  };
};
