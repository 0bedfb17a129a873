import type { EventDraft } from "../../store/port/records.ts";

/**
 * What is told of a key that a real system keeps. Such a system counts no versions, and a number of the key's content says
 * nothing of which of two words is the newer one: the time does. All are of one subject, so that they come in their order.
 */
export const keyEvent = (
  uuid: () => string,
  type: EventDraft["type"],
  data: { readonly provider: string; readonly id: string },
  time: string,
): EventDraft => ({
  id: uuid(),
  type,
  time,
  subject: `${data.provider}/${data.id}`,
  version: Date.parse(time),
  data,
});
