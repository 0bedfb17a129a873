import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";

/** Documents about endpoints are Keyway's own, of no provider and no region. */
export const owner = "keyway";
const kind = "webhook-endpoint";
/** The counter of an account's endpoints: each event goes to all of them. */
export const endpointCounter = "webhooks";
export const endpointsMax = 20;

const endpointSecret = z.strictObject({
  generation: z.int(),
  /** `whsec_…` or `whsk_…`, sealed. */
  sealed: z.string(),
  /** `whpk_…`, of one that has a public half. */
  publicKey: z.string().nullable(),
  /** When it stops signing; null for the newest. */
  until: z.string().nullable(),
});
export type EndpointSecret = z.infer<typeof endpointSecret>;

export const endpointBody = z.strictObject({
  url: z.string(),
  types: z.union([z.literal("all"), z.array(z.string())]),
  description: z.string(),
  status: z.enum(["enabled", "disabled"]),
  /** Why it is disabled: by somebody, because it failed for days, or because it said that it is gone. */
  reason: z.enum(["requested", "failing", "gone"]).nullable(),
  scheme: z.enum(["v1", "v1a"]),
  /** The newest first; two at most. */
  secrets: z.array(endpointSecret).min(1).max(2),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type EndpointBody = z.infer<typeof endpointBody>;

export interface Endpoint extends EndpointBody {
  readonly account: AccountId;
  readonly id: string;
  readonly version: number;
}

const endpointOf = ({ account, id, version, body }: DocumentRecord): Endpoint => ({
  account,
  id,
  version,
  ...endpointBody.parse(body),
});

export const endpointRecord = ({ account, id, version, ...body }: Endpoint): DocumentRecord => ({
  account,
  provider: owner,
  kind,
  id,
  region: "",
  version,
  body,
});

export const readEndpoint = async (
  store: Pick<Store, "readDocument">,
  account: AccountId,
  id: string,
): Promise<Endpoint | undefined> => {
  const found = await store.readDocument(account, owner, kind, id);
  return found && endpointOf(found);
};

/** Newest first. */
export const listEndpoints = async (
  store: Pick<Store, "listDocuments">,
  account: AccountId,
): Promise<readonly Endpoint[]> => (await store.listDocuments(account, owner, kind, "")).map(endpointOf);

export const wants = ({ types }: Pick<Endpoint, "types">, type: string): boolean =>
  types === "all" || types.includes(type);

export const isLive = ({ until }: Pick<EndpointSecret, "until">, now: Date): boolean =>
  until === null || Date.parse(until) > now.getTime();

export const auditTarget = (id: string): string => `webhook/${id}`;
