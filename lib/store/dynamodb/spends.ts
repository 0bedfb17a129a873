import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { AccountId } from "../../schemas/key.ts";
import type { Move, Take, Taken } from "../port/budgets.ts";
import type { Store } from "../port/store.ts";
import { unavailable } from "./failure.ts";
import { settlementPlace, spendPlace } from "./places.ts";
import { attributesOf, type Fields, itemOf, keyOf, type Place, rowOf } from "./row.ts";
import { pauseMs, type Table } from "./table.ts";
import { ttlOf } from "./ttl.ts";

type Spends = Pick<Store, "take" | "settle" | "readSpent">;

/** Of races over one counter. */
const triesMax = 20;

const usedIn = (fields: Fields | undefined): number => Number(fields?.used ?? 0);

export const openSpends = (table: Table): Spends => {
  const read = async (account: AccountId, of: readonly Pick<Take, "counter" | "window">[]) => {
    const rows = await table.get(of.map(({ counter, window }) => spendPlace(account, counter, window)));
    return rows.map((row) => usedIn(row?.fields));
  };

  /** One budget, the usual case: the update itself checks and moves it, and answers what it came to. */
  const takeOne = async (account: AccountId, take: Take): Promise<Taken> => {
    const place = spendPlace(account, take.counter, take.window);
    let wanted = Math.min(take.by, take.max);
    for (let tries = 0; tries < triesMax; tries++) {
      // A budget that is spent lets nobody in, whatever a call is said to cost.
      if (wanted < take.least || take.max <= 0) {
        return { refused: 0, granted: [0], used: await read(account, [take]) };
      }
      const written = await table.update({ place, ...spending(take, wanted), ReturnValues: "UPDATED_NEW" });
      const used = usedIn(written.item && rowOf(written.item).fields);
      if (written.type === "written") return { refused: null, granted: [wanted], used: [used] };
      wanted = Math.min(take.by, take.max - used);
      if (used >= take.max || wanted < take.least) return { refused: 0, granted: [0], used: [used] };
      await sleep(pauseMs(tries));
    }
    // Others were faster each time: that says nothing of what is left.
    throw unavailable("nothing");
  };

  /** Several: what each gives is decided on what was read, and holds only if nobody has moved any of them meanwhile. */
  const takeAll = async (account: AccountId, takes: readonly Take[]): Promise<Taken> => {
    for (let tries = 0; tries < triesMax; tries++) {
      const used = await read(account, takes);
      const granted = takes.map(({ by, max }, place) => Math.min(by, max - (used[place] ?? 0)));
      const refused = takes.findIndex(
        ({ least, max }, place) => (granted[place] ?? 0) < least || (used[place] ?? 0) >= max,
      );
      if (refused >= 0) return { refused, granted: takes.map(() => 0), used };
      const items = takes.map(
        (take, place): TransactWriteItem => ({
          Update: {
            TableName: table.name,
            Key: keyOf(spendPlace(account, take.counter, take.window)),
            ...spending(take, granted[place] ?? 0),
          },
        }),
      );
      const written = await table.transact(items, randomUUID());
      if (written.type === "written") {
        return { refused: null, granted, used: used.map((before, place) => before + (granted[place] ?? 0)) };
      }
      await sleep(pauseMs(tries));
    }
    throw unavailable("nothing");
  };

  return {
    take: (account, takes) => {
      const [only, ...more] = takes;
      return only !== undefined && more.length === 0 ? takeOne(account, only) : takeAll(account, takes);
    },

    settle: async (account, id, until, moves) => {
      const place = settlementPlace(account, id);
      for (let tries = 0; tries < triesMax; tries++) {
        const used = await read(account, moves);
        const items: TransactWriteItem[] = [
          {
            Put: {
              TableName: table.name,
              Item: itemOf(place, { ttl: ttlOf(Date.parse(until)) }),
              ConditionExpression: "attribute_not_exists(pk)",
            },
          },
          ...moves.map((move, at) => moving(table.name, account, move, used[at] ?? 0)),
        ];
        const written = await table.transact(items, randomUUID());
        if (written.type === "written") return true;
        const [settled] = await table.get([place]);
        if (settled !== undefined) return false;
        await sleep(pauseMs(tries));
      }
      throw unavailable("nothing");
    },

    readSpent: read,
  };
};

const endOf = (until: string | null): Fields => (until === null ? {} : { ":ttl": ttlOf(Date.parse(until)) });

/** Takes so much where so much is left. */
const spending = ({ max, until }: Take, by: number) => ({
  UpdateExpression: `ADD #used :by${until === null ? "" : " SET #ttl = :ttl"}`,
  ConditionExpression: "attribute_not_exists(#used) OR #used <= :most",
  ExpressionAttributeNames: { "#used": "used", ...(until !== null && { "#ttl": "ttl" }) },
  ExpressionAttributeValues: attributesOf({ ":by": by, ":most": max - by, ...endOf(until) }),
});

/**
 * Never below nothing, because more is not given back than was taken; never beyond what a number holds exactly, because
 * callers settle what they like.
 */
const moving = (
  TableName: string,
  account: AccountId,
  { counter, window, until, by }: Move,
  used: number,
): TransactWriteItem => {
  const place: Place = spendPlace(account, counter, window);
  return {
    Update: {
      TableName,
      Key: keyOf(place),
      UpdateExpression: `SET #used = :next${until === null ? "" : ", #ttl = :ttl"}`,
      ConditionExpression: used === 0 ? "attribute_not_exists(#used) OR #used = :used" : "#used = :used",
      ExpressionAttributeNames: { "#used": "used", ...(until !== null && { "#ttl": "ttl" }) },
      ExpressionAttributeValues: attributesOf({
        ":used": used,
        ":next": Math.min(Math.max(0, used + by), Number.MAX_SAFE_INTEGER),
        ...endOf(until),
      }),
    },
  };
};
