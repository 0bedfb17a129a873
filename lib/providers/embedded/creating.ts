import { Refusal } from "../../errors.ts";
import type { RandomBytes } from "../../keys/random.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Key } from "../../schemas/key.ts";
import { StoreRefusal, type Write } from "../../store/port/unit.ts";
import type { EmbeddedProvider } from "../embedded.ts";
import type { Profile } from "../profile.ts";
import type { Materials } from "./material.ts";
import type { Writing } from "./writing.ts";

interface Parts {
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly materials: Materials;
  readonly writing: Writing;
}

interface Settings {
  readonly name: string;
  readonly keysMax: number;
  /** An account's keys of this provider, over all regions. */
  readonly counter: string;
}

export const openCreate =
  (
    { clock, random, materials, writing }: Parts,
    profile: Profile,
    { name, keysMax, counter }: Settings,
  ): EmbeddedProvider["create"] =>
  async (caller, region, draft, chosen) => {
    const now = clock();
    const time = now.toISOString();
    parseInput(profile.fields, { sandbox: false, expiresAt: null, tags: {}, ...draft });
    profile.rules.create?.(draft);
    const { id, material } = profile.issue(random, now, chosen);
    const { team = null, ...fields } = draft;
    const key: Key = {
      sandbox: false,
      expiresAt: null,
      tags: {},
      ...fields,
      provider: name,
      id,
      native: parseInput(profile.native, fields.native, "native"),
      preview: materials.preview(material),
      graceUntil: null,
      graceLastUse: null,
      rotatedAt: null,
      owner: { account: caller.account.id, team, createdBy: caller.actor.subUin },
      createdAt: time,
      updatedAt: time,
      lastUsedAt: null,
      version: 1,
    };
    const account = caller.account.id;
    const { kind } = material;
    const variant = profile.variantOf(key, kind);
    const { service } = profile;
    const record = { account, service, region, variant, materialKind: kind, generation: 1, key };
    const writes: readonly Write[] = [
      { type: "count", account, counter, by: 1, max: keysMax },
      { type: "insertKey", record, secret: await materials.sealed(record, material) },
    ];
    try {
      await writing.commit(caller, writes, "key.created", key, { generation: 1 });
    } catch (error) {
      if (!(error instanceof StoreRefusal)) throw error;
      if (error.write === "count") {
        throw new Refusal(
          "key_limit_reached",
          `The account already holds ${keysMax} keys of \`${name}\`, its maximum (\`keysMax\`).`,
        );
      }
      // An id of ours is random; one that the caller chose may be taken.
      if (error.write !== "insertKey" || chosen === undefined) throw error;
      throw new Refusal("already_exists", "A key with this id already exists. Choose another id.");
    }
    return { key, material };
  };
