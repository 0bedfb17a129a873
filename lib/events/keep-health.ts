import { jobCaller } from "../jobs/caller.ts";
import { auditDraft } from "../providers/caller.ts";
import { decideAndWrite } from "../providers/decide.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import type { Attempted } from "./attempt.ts";
import { auditTarget, type Endpoint, endpointRecord, owner, readEndpoint } from "./endpoint.ts";
import { afterFailures, type Health, healthBody, healthy, isHopeless } from "./health.ts";
import type { DeliveryParts } from "./parts.ts";

const kind = "webhook-health";

type Place = Pick<Endpoint, "account" | "id">;

type Reads = { readonly store: Pick<Store, "readDocument"> };

export const findHealth = async ({ store }: Reads, { account, id }: Place): Promise<DocumentRecord> => {
  const found = await store.readDocument(account, owner, kind, id);
  if (found === undefined) throw new StoreRefusal("missing", "replaceDocument");
  return found;
};

export const readHealth = async (parts: Reads, place: Place): Promise<Health> =>
  healthBody.parse((await findHealth(parts, place)).body);

/** It comes and goes with its endpoint. */
export const healthRecord = ({ account, id }: Place, version: number, body: Health): DocumentRecord => ({
  account,
  provider: owner,
  kind,
  id,
  region: "",
  version,
  body,
});

/**
 * Adds outcomes, in the order in which they came, to what is known of an endpoint. Of one that works and has worked
 * nothing is to be written. One that is gone or hopeless is disabled here.
 */
export const keepHealth = async (
  parts: DeliveryParts,
  place: Place,
  outcomes: readonly Attempted[],
): Promise<void> => {
  const now = parts.clock();
  const lastSuccess = outcomes.findLastIndex(({ delivered }) => delivered);
  const failures = outcomes.slice(lastSuccess + 1);
  const asked = Math.max(0, ...failures.map(({ retryAfterMs }) => retryAfterMs ?? 0));
  const health = await decideAndWrite(async () => {
    const found = await parts.store.readDocument(place.account, owner, kind, place.id);
    if (found === undefined) return healthy; // deleted while it was sent to
    const base = lastSuccess >= 0 ? healthy : healthBody.parse(found.body);
    const after = failures.length === 0 ? base : afterFailures(base, failures.length, asked, now);
    const record = healthRecord(place, found.version + 1, after);
    await parts.store.progress([{ type: "replaceDocument", record, expectedVersion: found.version }]);
    return after;
  });
  const isGone = outcomes.some(({ gone }) => gone);
  if (isGone) await disable(parts, place, "gone");
  else if (isHopeless(health, now)) await disable(parts, place, "failing");
};

/** Of two processes, the second finds it done. */
const disable = (parts: DeliveryParts, place: Place, reason: "gone" | "failing"): Promise<void> =>
  decideAndWrite(async () => {
    const { store, clock, uuid } = parts;
    const { account } = place;
    const endpoint = await readEndpoint(store, account, place.id);
    const holder = await store.readAccount(account);
    if (endpoint === undefined || endpoint.status === "disabled" || holder === undefined) return;
    const updatedAt = clock().toISOString();
    const version = endpoint.version + 1;
    const changed: Endpoint = { ...endpoint, status: "disabled", reason, updatedAt, version };
    const target = auditTarget(endpoint.id);
    const caller = { ...jobCaller(holder, "keyway:DisableWebhook", uuid()), details: () => ({ reason }) };
    const data = { id: endpoint.id, reason };
    await store.commit({
      account,
      writes: [
        { type: "replaceDocument", record: endpointRecord(changed), expectedVersion: endpoint.version },
      ],
      audit: auditDraft(caller, target, updatedAt),
      events: [{ id: uuid(), type: "webhook.disabled", time: updatedAt, subject: target, version, data }],
    });
  });
