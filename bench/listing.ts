import { filledSetting, manyKeys, openOn, region } from "./house.ts";
import { type Figure, milliseconds, timeOf, whole } from "./measure.ts";

const limit = 20;
const times = 51;

/** Pages of a long list, through the store. */
export const listing: Figure = async () => {
  const opened = await openOn(await filledSetting());
  const { provider, caller } = opened;
  const sort = { by: "createdAt", order: "desc" } as const;
  const byOffset = (offset: number) => () =>
    provider.list(caller, region, { filters: [], sort, page: { type: "offset", offset, limit } });
  const byCursor = (after: string | null, many = limit) =>
    provider.list(caller, region, { filters: [], sort, page: { type: "cursor", after, limit: many } });

  // One long page is the quickest way to the last but one place.
  const { next } = await byCursor(null, manyKeys - limit);
  if (next === null) throw new Error("the list ended early");
  const rows = [
    { name: "start, by offset", ms: await timeOf(byOffset(0), times) },
    { name: "far end, by offset", ms: await timeOf(byOffset(manyKeys - limit), times) },
    { name: "start, by cursor", ms: await timeOf(() => byCursor(null), times) },
    { name: "far end, by cursor", ms: await timeOf(() => byCursor(next), times) },
  ];
  const { items } = await byCursor(next);
  if (items.length !== limit) throw new Error("the last page is not full");
  await opened.house.close();
  return rows.map(({ name, ms }) => ({
    name: `page of ${limit} in ${whole(manyKeys)} keys: ${name}`,
    ours: milliseconds(ms),
  }));
};
