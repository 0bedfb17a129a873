import * as z from "zod";
import { chosenTypes } from "../events/types.ts";
import { time } from "./facade.ts";
import { secretField } from "./secret-mark.ts";

/** Endpoints of outgoing events, and what was delivered to them. */

/** Secret, because whoever has the address of some receivers may write to them. */
const url = secretField(z.string().min(1).max(2048));
const isType = (text: unknown): boolean => chosenTypes.some((type) => type === text);
/** Which one of a list is none is told by its place: what was sent is not repeated. */
const typesFault = (sent: unknown): string => {
  const place = Array.isArray(sent) ? sent.findIndex((one) => !isType(one)) : -1;
  return `must be \`all\` or a list of types of events${place < 0 ? "" : `; \`types.${place}\` is none`}.`;
};
const types = z.union([z.literal("all"), z.array(z.enum(chosenTypes)).min(1).max(chosenTypes.length)], {
  error: ({ input }) => typesFault(input),
});
const description = z.string().max(256);

const endpointSecret = z.strictObject({
  generation: z.int(),
  /** Of scheme `v1a`: what the receiver checks signatures with. */
  publicKey: z.string().nullable(),
  /** When it stops signing; null for the newest. */
  until: z.string().nullable(),
});

export const webhook = z.strictObject({
  id: z.string(),
  url: z.string(),
  types: z.union([z.literal("all"), z.array(z.string())]),
  description: z.string(),
  status: z.enum(["enabled", "disabled"]),
  reason: z.enum(["requested", "failing", "gone"]).nullable(),
  scheme: z.enum(["v1", "v1a"]),
  secrets: z.array(endpointSecret),
  /** Attempts that failed since the last success; in its row, nothing is sent before `pausedUntil`. */
  health: z.strictObject({
    failures: z.int(),
    pausedUntil: z.string().nullable(),
    failingSince: z.string().nullable(),
  }),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.int(),
});
export type WebhookView = z.infer<typeof webhook>;

/** `whsec_…`, once; null of scheme `v1a`, whose public key is in the endpoint, and in a reply that is replayed. */
const issuedSecret = secretField(z.string()).nullable();

const id = z.string().min(1).max(64);
export const webhookParams = z.strictObject({ id });
export const deliveryParams = z.strictObject({ id, delivery: z.string().min(1).max(64) });

export const createWebhookBody = z.strictObject({
  url,
  types: types.default("all"),
  description: description.default(""),
  scheme: z.enum(["v1", "v1a"]).default("v1"),
});
export const changeWebhookBody = z.strictObject({
  url: url.optional(),
  types: types.optional(),
  description: description.optional(),
});
export const rotateWebhookBody = z.strictObject({
  /** Seconds in which the old secret signs, too. */
  overlap: z.int().min(0).max(604_800).default(86_400),
});
export const replayWebhookBody = z.strictObject({ from: time });

export const webhookReply = z.strictObject({ webhook });
export const issuedWebhookReply = z.strictObject({ webhook, secret: issuedSecret });
export const webhookList = z.strictObject({ items: z.array(webhook), nextCursor: z.null() });

/** The class of the answer, not the answer: who chose the address shall not read with it what is there. */
export const pingReply = z.strictObject({
  delivered: z.boolean(),
  answered: z.enum(["1xx", "2xx", "3xx", "4xx", "5xx", "other"]).nullable(),
  fault: z.string().nullable(),
});

export const attempt = z.strictObject({
  time: z.string(),
  ms: z.int(),
  status: z.int().nullable(),
  fault: z.string().nullable(),
  answer: z.string(),
});
export const delivery = z.strictObject({
  id: z.string(),
  event: z.strictObject({ id: z.string(), type: z.string(), subject: z.string(), version: z.int() }),
  state: z.enum(["delivered", "retrying", "dead"]),
  nextAttemptAt: z.string().nullable(),
  attempts: z.array(attempt),
});
export const deliveryReply = z.strictObject({ delivery });
export const deliveryList = z.strictObject({
  items: z.array(delivery),
  nextCursor: z.string().nullable(),
});
