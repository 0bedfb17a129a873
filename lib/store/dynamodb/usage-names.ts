import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { keptMs, namesOfKeyMax, otherName, stepMs, type UsageRow } from "../port/usage.ts";
import { usageNamesPlace } from "./places.ts";
import { attributeOf, type Place } from "./row.ts";
import { pauseMs, type Table } from "./table.ts";
import { ttlOf } from "./ttl.ts";

/** Of keys and days whose names this process has met. */
const knownMax = 1000;
const triesMax = 8;

const pairOf = ({ model, endpoint }: UsageRow): string =>
  hash("sha256", JSON.stringify([model, endpoint]), "base64url").slice(0, 16);

/** Beyond the names that a key has in a day, new ones are counted together; a day's names only grow. */
export const openUsageNames = (
  table: Table,
): ((rows: readonly UsageRow[]) => Promise<readonly UsageRow[]>) => {
  const known = new Map<string, ReadonlySet<string>>();

  const namesAfter = async (
    place: Place,
    day: number,
    wanted: readonly string[],
  ): Promise<ReadonlySet<string>> => {
    for (let tries = 0; tries < triesMax; tries++) {
      const [row] = await table.get([place]);
      const stored = row?.fields.names;
      const names = new Set(Array.isArray(stored) ? stored : []);
      const fresh = wanted
        .filter((pair) => !names.has(pair))
        .slice(0, Math.max(0, namesOfKeyMax - names.size));
      if (fresh.length === 0) return names;
      const written = await table.update({
        place,
        UpdateExpression: "ADD #names :fresh SET #ttl = :ttl",
        ConditionExpression: "attribute_not_exists(#names) OR size(#names) <= :room",
        ExpressionAttributeNames: { "#names": "names", "#ttl": "ttl" },
        ExpressionAttributeValues: {
          ":fresh": attributeOf(fresh),
          ":room": attributeOf(namesOfKeyMax - fresh.length),
          ":ttl": attributeOf(ttlOf(day + stepMs.day + keptMs.minute)),
        },
      });
      if (written.type === "written") return new Set([...names, ...fresh]);
      await sleep(pauseMs(tries));
    }
    return new Set();
  };

  return async (rows) => {
    const groups = Map.groupBy(rows, ({ account, provider, key, time }) => {
      const day = Math.floor(time / stepMs.day) * stepMs.day;
      return JSON.stringify([account, provider, key, day]);
    });
    const told = await Promise.all(
      [...groups].map(async ([group, own]): Promise<readonly UsageRow[]> => {
        const named = own.filter(({ model, endpoint }) => model !== "" || endpoint !== "");
        const [first] = named;
        if (first === undefined) return own;
        const wanted = [...new Set(named.map(pairOf))];
        let names = known.get(group) ?? new Set();
        if (!wanted.every((pair) => names.has(pair)) && names.size < namesOfKeyMax) {
          const day = Math.floor(first.time / stepMs.day) * stepMs.day;
          names = await namesAfter(
            usageNamesPlace(first.account, first.provider, first.key, day),
            day,
            wanted,
          );
          if (known.size >= knownMax) known.clear();
          known.set(group, names);
        }
        return own.map((row) =>
          (row.model === "" && row.endpoint === "") || names.has(pairOf(row))
            ? row
            : { ...row, model: otherName, endpoint: otherName },
        );
      }),
    );
    return told.flat();
  };
};
