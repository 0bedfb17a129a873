/** What is taken of limits. */

/** One budget of a key in one window: of requests in this minute, of tokens this month. */
export interface Take {
  /** `aione/2f1c…/requests` */
  readonly counter: string;
  readonly window: string;
  /** When the window is over; null for one that never ends. */
  readonly until: string | null;
  readonly max: number;
  /** What is wanted of it; where so much is not left, down to `least`. */
  readonly by: number;
  readonly least: number;
}

export interface Taken {
  /** The place of the first that had too little left; then nothing was taken of any. Null when all gave. */
  readonly refused: number | null;
  readonly granted: readonly number[];
  /** Spent in each window, this take included. */
  readonly used: readonly number[];
}

/** A correction of what was taken: up for what was used beyond it, down for what is given back. */
export interface Move {
  readonly counter: string;
  readonly window: string;
  readonly until: string | null;
  readonly by: number;
}
