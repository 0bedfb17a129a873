import {
  createKeys,
  filledSetting,
  manyKeys,
  newSetting,
  type OpenedHouse,
  openOn,
  region,
  seeds,
} from "./house.ts";
import { type Figure, milliseconds, type Row, timeOf, whole } from "./measure.ts";
import { openOnTable, type Tables, withTables } from "./table.ts";

const limit = 20;
const times = 51;

const fewKeys = 100;
const costMax = 3;

/** A table takes minutes for 100,000. By cursor a page costs what it shows; what is behind an offset is read. */
const tableKeys = 5000;

/** Pages of a long list, through the store; and a full page of keys with their secrets, of few keys and of many. */
export const listing: Figure = () =>
  withTables(async (tables) => [...(await pages(tables)), await fullPage(tables)]);

const revealed = async ({ provider, caller }: OpenedHouse): Promise<number> =>
  timeOf(
    () =>
      provider.listRevealed(caller, region, {
        filters: [],
        sort: { by: "createdAt", order: "desc" },
        page: { type: "offset", offset: 0, limit: fewKeys },
      }),
    times,
  );

const onNewTable = async (tables: Tables, seed: OpenedHouse["seed"], keys: number): Promise<OpenedHouse> => {
  const opened = await openOnTable(tables, await tables.engine.createTable(), newSetting(), seed);
  await createKeys(opened, keys, 64);
  return opened;
};

/** What API Gateway's list does, each key's secret read on the record. */
const fullPage = async (tables: Tables): Promise<Row> => {
  const times: number[] = [];
  for (const count of [fewKeys, manyKeys]) {
    const opened = await openOn(newSetting(), seeds.apigateway);
    await createKeys(opened, count, Math.min(count, 256));
    times.push(await revealed(opened));
    await opened.house.close();
  }
  const onTable = await onNewTable(tables, seeds.apigateway, 2 * fewKeys);
  const ofTable = await revealed(onTable);
  await onTable.house.close();
  const [few = 0, many = 0] = times;
  return {
    name: `${fewKeys} keys with secrets, of ${whole(manyKeys)} (table: ${2 * fewKeys}) | of ${fewKeys}`,
    ours: milliseconds(many),
    onTable: milliseconds(ofTable),
    peer: milliseconds(few),
    ratio: (many / few).toFixed(2),
    goal: `< ${costMax}`,
    met: many / few < costMax,
  };
};

const pages = async (tables: Tables): Promise<readonly Row[]> => {
  const inFile = await pagesOf(await openOn(await filledSetting()), manyKeys);
  const inTable = await pagesOf(await onNewTable(tables, seeds.tokenhub, tableKeys), tableKeys);
  return inFile.map(({ name, ms }, place) => ({
    name: `page of ${limit} in ${whole(manyKeys)} keys (table: ${whole(tableKeys)}): ${name}`,
    ours: milliseconds(ms),
    onTable: milliseconds(inTable[place]?.ms ?? Number.NaN),
  }));
};

/** Closes the house. */
const pagesOf = async (opened: OpenedHouse, keys: number) => {
  const { provider, caller } = opened;
  const sort = { by: "createdAt", order: "desc" } as const;
  const byOffset = (offset: number) => () =>
    provider.list(caller, region, { filters: [], sort, page: { type: "offset", offset, limit } });
  const byCursor = (after: string | null, many = limit) =>
    provider.list(caller, region, { filters: [], sort, page: { type: "cursor", after, limit: many } });

  // One long page is the quickest way to the last but one place.
  const { next } = await byCursor(null, keys - limit);
  if (next === null) throw new Error("the list ended early");
  const rows = [
    { name: "start, by offset", ms: await timeOf(byOffset(0), times) },
    { name: "far end, by offset", ms: await timeOf(byOffset(keys - limit), times) },
    { name: "start, by cursor", ms: await timeOf(() => byCursor(null), times) },
    { name: "far end, by cursor", ms: await timeOf(() => byCursor(next), times) },
  ];
  const { items } = await byCursor(next);
  if (items.length !== limit) throw new Error("the last page is not full");
  await opened.house.close();
  return rows;
};
