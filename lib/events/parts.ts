import type { Vault } from "../sealing/vault.ts";
import type { Store } from "../store/port/store.ts";
import type { Sender } from "./sender.ts";

/** What deliveries are made with. */
export interface DeliveryParts {
  readonly store: Store;
  readonly vault: Pick<Vault, "open">;
  readonly sender: Sender;
  readonly clock: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly uuid: () => string;
}
