import type { ErrorNames } from "../errors.ts";
import type { ServiceName } from "../schemas/key.ts";

/** What all actions of one Tencent service share on the wire. */
export interface Wire {
  readonly service: ServiceName;
  readonly version: string;
  readonly regionRequired: boolean;
  readonly errors: ErrorNames;
}
