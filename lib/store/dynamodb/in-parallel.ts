/** So many calls at a time: more would wait for connections. */
const width = 32;

export type Task = () => Promise<void>;

export interface Failed {
  readonly task: Task;
  readonly error: unknown;
}

/** All of them, whatever becomes of the others. Answers those that failed. */
export const inParallel = async (tasks: readonly Task[]): Promise<readonly Failed[]> => {
  const left = tasks.values();
  const failed: Failed[] = [];
  await Promise.all(
    Array.from({ length: Math.min(width, tasks.length) }, async () => {
      for (const task of left) await task().catch((error: unknown) => failed.push({ task, error }));
    }),
  );
  return failed;
};
