import type { Asked, Wish } from "../keys/asked.ts";
import type { Material } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Mode } from "./port.ts";

/** What a service tells the facade, besides its profile. */
export interface Facing {
  readonly capabilities: Readonly<Record<Mode, Capabilities>>;
  /**
   * A wish as the whole that the service keeps: `native` and the canonical fields that say the same brought into
   * line. Where they contradict each other it refuses. Pure, but for the ids that it draws.
   */
  readonly complete: <Before extends Asked>(before: Before, wish: Wish, facts: Facts) => Before;
}

export interface Facts {
  readonly isNew: boolean;
  readonly material: Material | undefined;
  readonly random: RandomBytes;
  readonly now: Date;
  /** Of the provider, in the shape of the profile's own settings. */
  readonly settings: unknown;
}
