const form = /^[\w.:-]{1,128}$/;

/** The system's own, which goes into problems and the audit trail; anything but an id stays out of them. */
export const requestIdOf = (value: unknown): string | null =>
  typeof value === "string" && form.test(value) ? value : null;
