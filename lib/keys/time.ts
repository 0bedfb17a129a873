/** RFC 3339 in whole seconds, as several services write it: `2026-07-01T09:30:00Z`. */
export const wholeSeconds = (time: string): string => time.replace(/\.\d+Z$/, "Z");
