/** So many calls at a time: more would wait for connections. */
const width = 32;

export const inParallel = async (tasks: readonly (() => Promise<void>)[]): Promise<void> => {
  const left = tasks.values();
  await Promise.all(
    Array.from({ length: Math.min(width, tasks.length) }, async () => {
      for (const task of left) await task();
    }),
  );
};
