/** How much of `keyway.json` a process goes by. Its role and the function itself go by one table. */
export interface Part {
  /** With `elsewhere`, providers of services that are unknown here are left to the functions that know them. */
  readonly others: "none" | "elsewhere";
  /** Whose credentials it has: `native` are those behind the service's own calls. */
  readonly systems: "all" | "native" | "none";
  /** Whether it listens to those who report leaks, and so has their secrets. */
  readonly senders: boolean;
}

export const parts = {
  whole: { others: "none", systems: "all", senders: true },
  /** Reports end keys that Keyway keeps, and no others. */
  reports: { others: "none", systems: "none", senders: true },
  rounds: { others: "none", systems: "all", senders: false },
  verifying: { others: "none", systems: "none", senders: false },
  action: { others: "elsewhere", systems: "native", senders: false },
  job: { others: "elsewhere", systems: "none", senders: false },
} as const satisfies Readonly<Record<string, Part>>;
