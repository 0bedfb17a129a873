import type { HttpRequest } from "../../http.ts";
import type { Leaks } from "../../leaks/open.ts";
import type { LeakCall } from "../../leaks/report.ts";

/** A path that takes what others report, each in a form of their own. */
export interface Door {
  readonly path: string;
  /** `keyway:ReportFromGithub` in the log. */
  readonly name: string;
  /** What else the path takes, elsewhere: for `Allow`. */
  readonly besides: readonly string[];
  readonly bytesMax: number;
  /** Undefined where nobody is listened to at this path. */
  readonly open: (leaks: Leaks) => Receive | undefined;
}

export type Receive = (request: HttpRequest, context: DoorContext) => Promise<DoorReply>;

export interface DoorContext {
  readonly leaks: Leaks;
  readonly call: LeakCall;
  /** When the call came, and the time since. */
  readonly now: Date;
  readonly clock: () => Date;
}

export interface DoorReply {
  readonly status: 200 | 202 | 204;
  /** Undefined for a reply without a body. */
  readonly value?: unknown;
}

export const accepted: DoorReply = { status: 202, value: { accepted: true } };

/** Of those who sign. */
export const signedBytesMax = 1024 * 1024;

export const header = ({ headers }: HttpRequest, name: string): string => headers[name] ?? "";
