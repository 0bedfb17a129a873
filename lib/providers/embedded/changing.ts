import { Refusal } from "../../errors.ts";
import type { RandomBytes } from "../../keys/random.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Key, KeyStatus } from "../../schemas/key.ts";
import type { Store } from "../../store/port/store.ts";
import type { Write } from "../../store/port/unit.ts";
import type { Caller } from "../caller.ts";
import { decideAndWrite } from "../decide.ts";
import type { EmbeddedProvider, Region } from "../embedded.ts";
import { type Ending, endedByRotation, graceEnded, standing, whole } from "../endings.ts";
import type { Expected } from "../expected.ts";
import type { Profile } from "../profile.ts";
import type { Materials } from "./material.ts";
import type { Reading } from "./reading.ts";
import type { Writing } from "./writing.ts";

interface Parts {
  readonly store: Pick<Store, "readSecret">;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly materials: Materials;
  readonly findExpected: Reading["findExpected"];
  readonly writing: Writing;
}

type Changes = Pick<
  EmbeddedProvider,
  "change" | "disable" | "endGrace" | "remove" | "renew" | "setStatus" | "withdrawScope"
>;

/** A decision with what no decision is about: those have ways of their own, with rules of their own. */
const kept = (before: Key, wanted: Key): Key => {
  const { status, preview, graceUntil, graceLastUse, rotatedAt, lastUsedAt, createdAt, owner } = before;
  return {
    ...wanted,
    status,
    preview,
    graceUntil,
    graceLastUse,
    rotatedAt,
    lastUsedAt,
    createdAt,
    owner: { ...owner, team: wanted.owner.team },
  };
};

/** What is done with a key that is there: read, decided, and written under the condition that nothing moved meanwhile. */
export const openChanges = (
  { store, clock, random, materials, findExpected, writing }: Parts,
  profile: Profile,
  counter: string,
): Changes => {
  const { service, rules } = profile;
  const { commit, next, replace } = writing;

  const turn = (
    caller: Caller,
    region: Region,
    id: string,
    status: KeyStatus,
    expected: Expected | undefined,
    endings: readonly Ending[],
  ) =>
    decideAndWrite(async () => {
      const { record } = await findExpected(caller, region, id, expected);
      rules.setStatus?.(record.key, status);
      const changed = next(record, { ...record.key, status });
      const receipt = await replace(caller, record, changed, `key.${status}`, { endings });
      return { key: changed.key, receipt };
    });

  const disable: Changes["disable"] = async (caller, region, id, expected) => {
    const { key, receipt } = await turn(caller, region, id, "disabled", expected, [whole("disabled")]);
    return { key, receipt: standing(receipt) };
  };

  return {
    change: (caller, region, id, type, decide, expected) =>
      decideAndWrite(async () => {
        const { record } = await findExpected(caller, region, id, expected);
        const wanted = kept(record.key, decide(record.key));
        parseInput(profile.fields, wanted);
        rules.change?.(record.key, wanted);
        const changed = next(record, wanted);
        await replace(caller, record, changed, type);
        return changed.key;
      }),

    setStatus: async (caller, region, id, status, expected) =>
      status === "disabled"
        ? (await disable(caller, region, id, expected)).key
        : (await turn(caller, region, id, status, expected, [])).key,

    disable,

    renew: (caller, region, id, chosen, graceUntil, expected) =>
      decideAndWrite(async () => {
        const { record, secret } = await findExpected(caller, region, id, expected);
        if (graceUntil !== null && !profile.overlap) {
          throw new Refusal(
            "unsupported",
            "A replaced secret of this service ends at once: it knows no grace.",
          );
        }
        const now = clock();
        rules.renew?.(record.key, now);
        const material = profile.renew(random, record.key, chosen);
        const wanted = {
          ...record.key,
          preview: materials.preview(material),
          graceUntil,
          graceLastUse: null,
          rotatedAt: now.toISOString(),
        };
        const renewed = { ...record, materialKind: material.kind, generation: record.generation + 1 };
        const changed = next(renewed, wanted);
        const old = graceUntil === null ? [] : [{ ...secret, until: graceUntil }];
        const receipt = await replace(caller, record, changed, "key.rotated", {
          secrets: [await materials.sealed(changed, material), ...old],
          endings: endedByRotation(record, graceUntil, clock()),
        });
        return { key: changed.key, material, receipt: standing(receipt) };
      }),

    withdrawScope: (caller, region, id, expected) =>
      decideAndWrite(async () => {
        const { record } = await findExpected(caller, region, id, expected);
        const native = profile.withoutScope?.(record.key.native) ?? record.key.native;
        const wanted = { ...record.key, scope: { models: [], endpoints: [] }, native };
        const changed = next(record, wanted);
        await replace(caller, record, changed, "key.updated");
        return changed.key;
      }),

    endGrace: (caller, region, id, graceUntil, expected) =>
      decideAndWrite(async () => {
        const { record, secret } = await findExpected(caller, region, id, expected);
        const old = await store.readSecret(record.account, service, record.key.id, record.generation - 1);
        if (old?.until == null || record.key.graceUntil === null) return record.key;
        // Times in one form, so their order is that of their texts.
        const until = graceUntil !== null && graceUntil > old.until ? old.until : graceUntil;
        const changed = next(record, { ...record.key, graceUntil: until, graceLastUse: null });
        const left = until === null ? [] : [{ ...old, until }];
        await replace(caller, record, changed, "key.grace_ended", {
          secrets: [secret, ...left],
          endings: until === old.until ? [] : [graceEnded(old.generation, until)],
        });
        return changed.key;
      }),

    remove: (caller, region, id, expected) =>
      decideAndWrite(async () => {
        const { record } = await findExpected(caller, region, id, expected);
        const { account, key } = record;
        rules.remove?.(key);
        const writes: readonly Write[] = [
          { type: "deleteKey", account, service, id: key.id, expectedVersion: key.version },
          { type: "count", account, counter, by: -1, min: 0 },
        ];
        // One version on, as after any change: what is told late of the key before is older than its end.
        const gone = { ...key, version: key.version + 1 };
        return standing(await commit(caller, writes, "key.deleted", gone, { endings: [whole("deleted")] }));
      }),
  };
};
