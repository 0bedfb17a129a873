import { jobCaller } from "../jobs/caller.ts";
import type { Job } from "../jobs/job.ts";
import { auditDraft, type Caller } from "../providers/caller.ts";
import type { Provider } from "../providers/port.ts";
import { type DataPlane, probe, triedIn } from "../providers/upstream/data-plane.ts";
import { keyEvent } from "../providers/upstream/key-event.ts";
import type { Receipt } from "../schemas/receipt.ts";
import type { Vault } from "../sealing/vault.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { Write } from "../store/port/unit.ts";
import { gaveUp, isOverdue, look, type Step, stepAfter } from "./probing.ts";
import { keptOf, receiptKind, receiptRecord, sealedPlace, toldOf } from "./receipt.ts";

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readAccount">;
  readonly vault: Pick<Vault, "open">;
  readonly clock: () => Date;
  readonly uuid: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  readonly providers: readonly Provider[];
  /** By the names of providers. */
  readonly dataPlanes: ReadonlyMap<string, DataPlane>;
}

/**
 * Asks the data plane of a real system with a key that was ended, until it refuses it. The key is sealed in the receipt
 * until then, and goes with the last step; it is sent nowhere but to the configured address.
 */
export const probeJob = (parts: Parts): Job => {
  const { store, vault, clock, uuid, sleep, providers, dataPlanes } = parts;

  /** One that cannot be asked is taken for still disabled: what it says later is found out later. */
  const isRevived = async (caller: Caller, { cause, provider, key }: Receipt): Promise<boolean> => {
    if (cause !== "disabled") return false;
    const from = providers.find(({ name }) => name === provider);
    try {
      return (await from?.read(caller, key))?.status === "enabled";
    } catch {
      return false;
    }
  };

  const decide = async (caller: Caller, held: DocumentRecord): Promise<Step> => {
    const { receipt, sealed } = keptOf(held);
    const plane = dataPlanes.get(receipt.provider);
    // Its provider is configured otherwise by now: nobody can be asked.
    if (plane === undefined || sealed === null || isOverdue(receipt, clock())) return gaveUp(receipt);
    const tried = triedIn(await vault.open(sealedPlace(held.account, receipt.id), sealed));
    if (tried === undefined) return gaveUp(receipt);
    const found = await look(() => probe(plane, tried, clock()), clock, sleep);
    return stepAfter(receipt, found, {
      now: clock(),
      usualMs: plane.usualMs,
      isRevived: found.type === "alive" && (await isRevived(caller, receipt)),
    });
  };

  const write = async (caller: Caller, held: DocumentRecord, step: Step): Promise<void> => {
    const { receipt } = step;
    const { sealed } = keptOf(held);
    const record = receiptRecord(
      held.account,
      { receipt, sealed: step.type === "ended" ? null : sealed },
      { version: held.version + 1, due: step.type === "ended" ? undefined : step.due },
    );
    const change: Write & { readonly type: "replaceDocument" } = {
      type: "replaceDocument",
      record,
      expectedVersion: held.version,
    };
    if (step.type === "again") return store.progress([change]);
    const { provider, key, state, attempts } = receipt;
    const time = clock().toISOString();
    const type = step.type === "late" ? "key.still_alive" : step.event;
    const data = { provider, id: key, state, ...toldOf(receipt) };
    await store.commit({
      account: held.account,
      writes: [change],
      audit: { ...auditDraft(caller, `${provider}/${key}`, time), details: { ...data, attempts } },
      events: type === null ? [] : [keyEvent(uuid, type, data, time)],
    });
  };

  return {
    kind: receiptKind,
    run: async (held) => {
      const account = await store.readAccount(held.account);
      if (account === undefined) throw new Error(`account ${held.account} is missing`);
      const caller = jobCaller(account, "keyway:ProbeKey", uuid());
      await write(caller, held, await decide(caller, held));
    },
  };
};
