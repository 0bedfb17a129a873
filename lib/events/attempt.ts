import { signWebhook, type WebhookKey } from "../signing/standard-webhooks.ts";
import type { Message } from "./message.ts";
import { readRetryAfter } from "./schedule.ts";
import type { Answer, Sender } from "./sender.ts";

/** One attempt as it is kept and shown. */
export interface Attempt {
  readonly time: string;
  readonly ms: number;
  readonly status: number | null;
  /** A code: `timeout`; null where an answer came. */
  readonly fault: string | null;
  /** The beginning of an answer that was no success. */
  readonly answer: string;
}

export interface Attempted {
  readonly attempt: Attempt;
  readonly delivered: boolean;
  /** The receiver wants nothing more, ever (410). */
  readonly gone: boolean;
  /** Only where the receiver asked for time. */
  readonly retryAfterMs: number | undefined;
}

const isSuccess = ({ status, fault }: Answer): boolean =>
  fault === null && status !== null && status >= 200 && status < 300;

/** Signed anew each time: the signature is of the attempt's own time, which receivers hold against their clock. */
export const attemptOnce = async (
  { sender, clock }: { readonly sender: Sender; readonly clock: () => Date },
  url: string,
  keys: readonly WebhookKey[],
  message: Message,
): Promise<Attempted> => {
  const now = clock();
  const { id, timestamp, signature } = signWebhook(
    { ...message, seconds: Math.floor(now.getTime() / 1000) },
    keys,
  );
  const answer = await sender.send({
    url,
    headers: {
      "content-type": "application/json",
      "user-agent": "keyway-webhooks/1",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signature,
    },
    body: message.body,
  });
  const delivered = isSuccess(answer);
  const after = clock();
  return {
    delivered,
    gone: answer.status === 410,
    retryAfterMs: delivered ? undefined : readRetryAfter(answer.retryAfter, after),
    attempt: {
      time: now.toISOString(),
      ms: Math.max(after.getTime() - now.getTime(), 0),
      status: answer.status,
      fault: answer.fault,
      answer: delivered ? "" : answer.text,
    },
  };
};
