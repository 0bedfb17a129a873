import { Secret } from "../lib/keys/secret.ts";
import { verificationOf } from "../lib/operation.ts";
import { openDynamoStore } from "../lib/store/dynamodb.ts";
import { commit, freshAccount } from "../test/contract/store/samples.ts";
import type { Units } from "../test/support/metered.ts";
import { createKeys, newSetting, seeds, tokenOf } from "./house.ts";
import { type Figure, perSecond, progress, type Row, whole } from "./measure.ts";
import { keywayArgs, startProcess } from "./process.ts";
import { openOnTable, type Tables, tableEnv, withTables } from "./table.ts";

const ceilingMs = 4000;
const callersAtOnce = 64;
const verifications = 10_000;
const processes = 8;
const sharedLimit = 2000;

/** The store on DynamoDB, on an engine on this machine: what each call takes of it, and where its ceilings are. */
export const dynamodb: Figure = () =>
  withTables(async (tables) => [
    ...(await costs(tables)),
    ...(await ceiling(tables)),
    ...(await manyProcesses(tables)),
  ]);

const told = (name: string, { read, write, calls }: Units, times = 1): Row => {
  const each = (units: number): string => (units / times).toFixed(times > 1 ? 2 : 1).replace(/\.0+$/, "");
  return { name, ours: `${each(read)} read, ${each(write)} write units`, ratio: `${each(calls)} calls` };
};

/** In units of capacity: a strongly consistent reading of 4 KB, a writing of 1 KB; both twice in a transaction. */
const costs = async (tables: Tables): Promise<readonly Row[]> => {
  const table = await tables.engine.createTable();
  const opened = await openOnTable(tables, table, newSetting("fast"), seeds.aione);
  const { house, provider, caller, seed, meter } = opened;
  const { verifier, usage } = verificationOf(house);
  const identity = await house.authenticator.bySecretId(opened.setting.root.secretId);
  if (identity === undefined) throw new Error("the root is not there");
  const { principal } = identity;
  const limits = { requestsPerMinute: 1_000_000, tokensPerMinute: null, tokenQuotas: [] };
  const [plain, limited] = [
    (await createKeys(opened, 1, 1))[0],
    (await createKeys(opened, 1, 1, { limits }))[0],
  ];
  if (plain === undefined || limited === undefined) throw new Error("no keys were made");
  const verify = (token: string) =>
    verifier.verify(principal, {
      id: house.uuid(),
      presented: { kind: "token", token: new Secret(token) },
      provider: undefined,
      ip: "10.1.2.3",
      model: undefined,
      endpoint: undefined,
      requests: 1,
      tokens: undefined,
      partial: true,
      explain: false,
    });
  const rows: Row[] = [];
  await verify(tokenOf(plain));
  rows.push(told("a verification", await meter.during(() => verify(tokenOf(plain)))));
  await verify(tokenOf(limited));
  const hot = await meter.during(async () => {
    for (let call = 0; call < 1000; call++) await verify(tokenOf(limited));
  });
  rows.push(told("the same of 1,000 with a limit, fast, on one key", hot, 1000));
  rows.push(told("usage of these, written once", await meter.during(() => usage.flush())));
  rows.push(told("a key created", await meter.during(() => createKeys(opened, 1, 1))));
  const read = () => provider.read(caller, seed.region, plain.id);
  rows.push(told("a key read", await meter.during(read)));
  rows.push(
    told("a secret revealed", await meter.during(() => provider.reveal(caller, seed.region, plain.id))),
  );
  const list = (limit: number) =>
    provider.list(caller, seed.region, {
      filters: [],
      sort: { by: "createdAt", order: "desc" },
      page: { type: "cursor", after: null, limit },
    });
  const few = await meter.during(() => list(20));
  await createKeys(opened, 2000, 64);
  rows.push(told("a page of 20 of 2,000 keys", await meter.during(() => list(20))));
  rows.push(told("a page of 3 keys, all there are", few));
  await house.close();
  return rows;
};

/** One account's commits come one after the other, because each carries on its chain. */
const ceiling = async ({ engine }: Tables): Promise<readonly Row[]> => {
  const table = await engine.createTable();
  const stores = [openDynamoStore(engine.calls(), table), openDynamoStore(engine.calls(), table)];
  const rows: Row[] = [];
  for (const count of [1, 2]) {
    const account = freshAccount();
    const end = performance.now() + ceilingMs;
    let done = 0;
    await Promise.all(
      Array.from({ length: callersAtOnce }, async (_, caller) => {
        const store = stores[caller % count];
        while (store !== undefined && performance.now() < end) {
          await commit(store, account);
          done += 1;
        }
      }),
    );
    rows.push({
      name: `changes of one account, ${count === 1 ? "one process" : "two processes"}`,
      ours: perSecond((done * 1000) / ceilingMs),
    });
  }
  for (const store of stores) await store.close();
  return rows;
};

/** All processes verify one key with a limit at once; nothing fails, and the limit holds. */
const manyProcesses = async (tables: Tables): Promise<readonly Row[]> => {
  const table = await tables.engine.createTable();
  const setting = newSetting("exact");
  const opened = await openOnTable(tables, table, setting, seeds.aione);
  // Of its lifetime, so that no minute ends in between.
  const limits = {
    requestsPerMinute: null,
    tokensPerMinute: null,
    tokenQuotas: [{ cycle: "lifetime" as const, tokens: String(sharedLimit), startDay: null }],
  };
  const [key] = await createKeys(opened, 1, 1, { limits });
  await opened.house.close();
  if (key === undefined) throw new Error("no key was made");
  const env = tableEnv(tables, table, setting);
  const servers = await Promise.all(
    Array.from({ length: processes }, () => startProcess(keywayArgs, env, { pinned: false })),
  );
  progress(`${processes} processes on one table`);
  const codes = new Map<string, number>();
  const start = performance.now();
  let left = verifications;
  await Promise.all(
    Array.from({ length: callersAtOnce }, async (_, caller) => {
      const server = servers[caller % processes];
      while (server !== undefined && left > 0) {
        left -= 1;
        const reply = await fetch(`http://127.0.0.1:${server.port}/v1/verify?scope=partial`, {
          method: "POST",
          headers: { authorization: `Bearer ${setting.root.token}`, "content-type": "application/json" },
          body: JSON.stringify({ key: tokenOf(key), ip: "10.1.2.3" }),
        });
        const { code } = (await reply.json()) as { code: string };
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const server of servers) await server.stop();
  const isExact =
    codes.get("VALID") === sharedLimit && codes.get("QUOTA_EXCEEDED") === verifications - sharedLimit;
  return [
    {
      name: `${whole(verifications)} verifications of one key by ${processes} processes, let through`,
      ours: whole(codes.get("VALID") ?? 0),
      ratio: perSecond(verifications / seconds),
      goal: `= ${whole(sharedLimit)}, no error`,
      met: isExact,
    },
  ];
};
