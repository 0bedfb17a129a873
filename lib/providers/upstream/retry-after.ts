/** What a system advised, in ms; the form with a date is not used for rates. */
export const retryAfter = (headers: Headers): number | null => {
  const seconds = headers.get("retry-after");
  // Long advice counts, too: it ends the attempts, where no advice would send the next one at once.
  return seconds !== null && /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1000 : null;
};
