import { lightCall, wires } from "../aws/light.ts";
import type { House } from "../house.ts";

/**
 * Tells the function that delivers that there is something to deliver: it is called by the minute, and by a message of
 * this queue at once. What a message says is only that; one that is lost costs a minute.
 */
export interface WakeQueue {
  /** The process is frozen between calls: what was begun has to end before the reply. */
  settled(): Promise<void>;
}

export const openWakeQueue = (
  house: Pick<House, "onEvents" | "log">,
  env: Readonly<Record<string, string | undefined>>,
): WakeQueue => {
  const QueueUrl = env.KEYWAY_WAKE_QUEUE;
  if (QueueUrl === undefined || QueueUrl === "") return { settled: async () => undefined };
  const call = lightCall(wires.sqs, env);
  let sending: Promise<void> | undefined;
  const send = async (): Promise<void> => {
    try {
      await call("SendMessage", { QueueUrl, MessageBody: "{}" });
    } catch (error) {
      const name = error instanceof Error ? error.message : "unknown";
      house.log({ level: "warning", message: "deliveries could not be woken", error: name });
    }
  };
  // Beside what the call goes on with: many commits of one call are one message.
  house.onEvents(() => {
    sending ??= send();
  });
  return {
    settled: async () => {
      await sending;
      sending = undefined;
    },
  };
};
