import { DatabaseSync } from "node:sqlite";
import { createKeys, databaseIn, newSetting, type OpenedHouse, openOn, region, seeds } from "./house.ts";
import { contest, type Figure, percent, perSecond, rateOf } from "./measure.ts";
import { temporaryFolder } from "./process.ts";
import { openOnTable, withTables } from "./table.ts";

const goal = 0.5;
const creators = 32;
const rounds = 7;
const keysTogether = 3000;
const keysAlone = 800;
const roundMs = 500;
const tableKeysTogether = 1500;
const tableKeysAlone = 150;

/** Keys that are created and synced, with their audit entry and event, against bare rows of the same size. */
export const creation: Figure = async () => {
  const opened = await openOn(newSetting());
  const rate = (count: number, callers: number) => () => rateOn(opened, count, callers);

  const [made] = await createKeys(opened, 1, 1);
  const id = made?.id ?? "";
  const stored = await opened.house.store.readKey(opened.caller.account.id, "tokenhub", id);
  if (stored === undefined || stored.record.region !== region) throw new Error("the key is not there");
  const bare = openBare(JSON.stringify(stored.record));
  const peer = async (): Promise<number> => rateOf(bare.insert, roundMs, 10);

  const together = await contest(`creation by ${creators}`, rounds, rate(keysTogether, creators), peer);
  const alone = await contest("creation by one", rounds, rate(keysAlone, 1), peer);
  bare.close();
  await opened.house.close();
  const onTable = await ratesOnTable();

  return [
    {
      name: `creation, ${creators} at once | bare insert`,
      ours: perSecond(together.ours),
      onTable: perSecond(onTable.together),
      peer: perSecond(together.peer),
      ratio: percent(together.ratio),
      goal: `>= ${percent(goal)}`,
      met: together.ratio >= goal,
    },
    {
      name: "creation, one after the other | bare insert",
      ours: perSecond(alone.ours),
      onTable: perSecond(onTable.alone),
      peer: perSecond(alone.peer),
      ratio: percent(alone.ratio),
    },
  ];
};

const rateOn = async (opened: OpenedHouse, count: number, callers: number): Promise<number> => {
  const start = performance.now();
  await createKeys(opened, count, callers);
  return (count * 1000) / (performance.now() - start);
};

/** The engine is not DynamoDB, and is as far away as the machine's own port: few keys tell as much as many. */
const ratesOnTable = (): Promise<{ readonly together: number; readonly alone: number }> =>
  withTables(async (tables) => {
    const opened = await openOnTable(tables, await tables.engine.createTable(), newSetting(), seeds.tokenhub);
    await createKeys(opened, tableKeysAlone, creators);
    const together = await rateOn(opened, tableKeysTogether, creators);
    const alone = await rateOn(opened, tableKeysAlone, 1);
    await opened.house.close();
    return { together, alone };
  });

/** SQLite as the store uses it, one row in each transaction, one after the other, with nothing around it. */
const openBare = (doc: string): { readonly insert: () => void; readonly close: () => void } => {
  const db = new DatabaseSync(databaseIn(temporaryFolder()));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("CREATE TABLE rows (id TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID");
  const statement = db.prepare("INSERT INTO rows (id, doc) VALUES (?, ?)");
  let serial = 0;
  return {
    insert: () => {
      serial += 1;
      statement.run(`ak-${serial}`, doc);
    },
    close: () => db.close(),
  };
};
