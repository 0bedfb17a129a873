/**
 * Opened by the first call of a process, for all of them. What failed to open is the platform's error, seen by its
 * alarms, and is tried again by the next call.
 */
export const openedOnce = <T>(open: () => Promise<T>): (() => Promise<T>) => {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
};
