import type { EventDraft, StoredEvent } from "../store/port/records.ts";

/** What is sent of an event: the same bytes to every endpoint and on every attempt. */
export interface Message {
  readonly id: string;
  readonly body: Buffer;
}

/** Receivers are told that they need to take no more (Standard Webhooks, "payload size"). */
const bodyBytesMax = 20_000;

/** What its receivers know an event by: the same on every attempt, and in the list of deliveries. */
export const messageId = (id: string): string => `evt_${id}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Stored by this version or by a later one. */
type Told = Omit<EventDraft | StoredEvent, "seq">;

const bytesOf = ({ type, time }: Told, data: unknown): Buffer =>
  Buffer.from(JSON.stringify({ type, timestamp: time, data }));

/**
 * The version tells receivers which of two events of a key is newer: after a failure a later one may arrive first. What
 * would be too long is left to be read by its subject.
 */
export const messageOf = (event: Told): Message => {
  const { id, subject, version, data } = event;
  const whole = bytesOf(event, { ...(isRecord(data) && data), version });
  const body = whole.length <= bodyBytesMax ? whole : bytesOf(event, { subject, version, omitted: true });
  return { id: messageId(id), body };
};
