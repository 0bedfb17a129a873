import type { Outcome } from "./job.ts";

/** To the writer's thread: jobs as JSON texts, which cost less to pass than objects, or the wish to end. */
export type ToThread =
  | { readonly type: "jobs"; readonly jobs: readonly string[] }
  | { readonly type: "close" };

/** From it: once whether the file is open, then outcomes in the order of the jobs. */
export type FromThread =
  | { readonly type: "open" }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "outcomes"; readonly outcomes: readonly Outcome[] };
