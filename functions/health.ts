import type { Page } from "../lib/surfaces/facade/page.ts";

/**
 * Without its writer a server answers readings, and refuses all else: whoever watches it has to start it anew. A job that
 * fails takes nothing from those who call, so that no balancer shall turn them away: it is told, and that is all.
 */
export const health: Page["content"] = async ({ store, jobHealth }) => {
  if (!store.isOpen()) {
    return { status: 503, text: '{"status":"unavailable","reason":"the store cannot be written to"}' };
  }
  const jobs = await jobHealth.faults().catch(() => undefined);
  if (jobs === undefined) {
    return { status: 503, text: '{"status":"unavailable","reason":"the store cannot be read"}' };
  }
  return {
    status: 200,
    text: JSON.stringify(jobs.length === 0 ? { status: "ok" } : { status: "degraded", jobs }),
  };
};
