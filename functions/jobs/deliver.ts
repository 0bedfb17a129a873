import { type Deliveries, openDeliveries } from "../../lib/events/deliveries.ts";
import { openWebhooks } from "../../lib/events/open.ts";
import { type House, webhooksOf } from "../../lib/house.ts";
import { jobHandler, noService } from "../../lib/runtime/lambda.ts";

/** Below the minute after which the next round begins. */
const roundMs = 50_000;
const name = "deliveries";

export interface Delivering {
  /** Starts what is due, and tells when it cannot. */
  round(): Promise<number>;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Outgoing events. In a server they go out as soon as they are committed, and the clock finds what was left. */
export const openDelivering = (house: House): Delivering => {
  const { parts, listen } = webhooksOf(house);
  const { jobHealth } = house;
  const deliveries: Deliveries = openDeliveries(parts, (error) => void jobHealth.failed(name, error));
  listen(deliveries.wake);
  return {
    round: async () => {
      try {
        const started = await deliveries.round();
        await jobHealth.worked(name);
        return started;
      } catch (error) {
        await jobHealth.failed(name, error);
        return 0;
      }
    },
    idle: deliveries.idle,
    close: deliveries.close,
  };
};

/** By the minute in the cloud: what is there to be sent, until all is sent or the minute is over. */
export const handler = jobHandler(
  (house) => async () => {
    const delivering = openDelivering(house);
    const until = house.clock().getTime() + roundMs;
    while ((await delivering.round()) > 0 && house.clock().getTime() < until) {
      const over = Promise.withResolvers<void>();
      const timer = setTimeout(over.resolve, Math.max(until - house.clock().getTime(), 0));
      await Promise.race([delivering.idle(), over.promise]);
      clearTimeout(timer);
    }
    await delivering.close();
  },
  { ...noService, facade: { openWebhooks } },
);
