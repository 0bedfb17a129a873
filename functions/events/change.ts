import { Refusal } from "../../lib/errors.ts";
import { auditTarget, type Endpoint, endpointRecord } from "../../lib/events/endpoint.ts";
import type { Health } from "../../lib/events/health.ts";
import { readHealth } from "../../lib/events/keep-health.ts";
import type { House } from "../../lib/house.ts";
import { wakeWalk } from "../../lib/hygiene/walk.ts";
import type { OperationContext } from "../../lib/operation.ts";
import { auditDraft, type Outcome } from "../../lib/providers/caller.ts";
import { decideAndWrite } from "../../lib/providers/decide.ts";
import { isExpected } from "../../lib/providers/expected.ts";
import type { WebhookView } from "../../lib/schemas/webhooks.ts";
import type { EventDraft } from "../../lib/store/port/records.ts";
import { type DocumentWrite, StoreRefusal } from "../../lib/store/port/unit.ts";
import { foundWebhook, missingWebhook } from "./found.ts";
import { endpointTold, webhookView } from "./view.ts";

interface Change {
  /** What the other endpoints are told: this one never is, whose address may be another one by now. */
  readonly event: { readonly type: EventDraft["type"]; readonly data?: object } | null;
  /** What of it is another one now. */
  readonly endpoint: Partial<Endpoint>;
  /** Of one that changes with it. */
  readonly health?: Health;
  /** Written with it. */
  readonly writes?: readonly DocumentWrite[];
}

export type Told = (view: WebhookView) => Outcome["reply"];

/** One decision over an endpoint: read, decided, and written under the condition that nothing moved meanwhile. */
export const changeWebhook = (
  { house, principal, caller, expected }: OperationContext,
  id: string,
  decide: (endpoint: Endpoint) => Promise<Change> | Change,
  told: Told,
): Promise<WebhookView> =>
  decideAndWrite(async () => {
    const before = await foundWebhook(house, principal, id);
    if (!isExpected(before.version, expected)) {
      throw new Refusal("version_mismatch", "The webhook was changed since it was read. Read it again.");
    }
    const { event, endpoint, health, writes = [] } = await decide(before);
    const updatedAt = house.clock().toISOString();
    const after: Endpoint = { ...before, ...endpoint, updatedAt, version: before.version + 1 };
    const view = webhookView(after, health ?? (await readHealth(house, after)));
    await wakeWalk(house.store, before.account, house.clock());
    await house.store.commit({
      account: before.account,
      writes: [
        ...(caller.once?.outcome({ reply: told(view), secret: null }) ?? []),
        { type: "replaceDocument", record: endpointRecord(after), expectedVersion: before.version },
        ...writes,
      ],
      audit: auditDraft(caller, auditTarget(id), updatedAt),
      events: event === null ? [] : [eventOf(house, event, after)],
    });
    return view;
  }).catch((error: unknown) => {
    throw error instanceof StoreRefusal && error.reason === "missing" ? missingWebhook() : error;
  });

const eventOf = (
  { uuid }: House,
  { type, data }: NonNullable<Change["event"]>,
  after: Endpoint,
): EventDraft => ({
  id: uuid(),
  type,
  time: after.updatedAt,
  subject: auditTarget(after.id),
  version: after.version,
  data: { ...endpointTold(after), ...data },
});

export const asWebhook: Told = (view) => ({ webhook: view });

/** A secret is told once: who sends the call again learns that it was done. */
export const withoutSecret: Told = (view) => ({ webhook: view, secret: null });
