import { applyWish, nothingAsked } from "../keys/asked.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { Key } from "../schemas/key.ts";
import type { KeyFilter } from "../store/port/key-query.ts";
import { changedFields, refuseFields, refuseOperation } from "./capabilities.ts";
import { anyRegion, type EmbeddedProvider } from "./embedded.ts";
import { refusePast } from "./expiry.ts";
import type { Facing, Facts } from "./facing.ts";
import type { Criteria, Provider, Source } from "./port.ts";

/** The keys that Keyway itself keeps, as the facade sees them: of all regions, by canonical fields. */
export const embeddedPort = (
  engine: EmbeddedProvider,
  facing: Facing,
  {
    native,
    clock,
    random,
  }: { readonly native: boolean; readonly clock: () => Date; readonly random: RandomBytes },
): Provider => {
  const { name, profile, settings } = engine;
  const capabilities = facing.capabilities.embedded;
  const region = profile.regional ? settings.region : "";

  const facts = (of: Pick<Facts, "isNew" | "material">): Facts => ({
    ...of,
    random,
    now: clock(),
    settings: settings.own,
  });

  const source = (of: string): Source => ({
    name: `${name}/${of}`,
    page: async (caller, criteria, after, limit) => {
      const { items, cursors } = await engine.list(caller, of, {
        filters: filtersOf(criteria),
        sort: { by: "createdAt", order: "desc" },
        page: { type: "cursor", after, limit },
      });
      return items.map(({ key }, place) => ({ key, cursor: cursors[place] ?? "" }));
    },
  });

  return {
    name,
    service: profile.service,
    mode: "embedded",
    native,
    account: null,
    region,
    capabilities,
    ...(profile.isChosen && { isChosen: profile.isChosen }),
    health: () => ({ status: "ok", checkedAt: null, reason: null }),

    sources: async (caller) => (await engine.regions(caller)).map(source),

    create: async (caller, wish, material) => {
      refuseOperation(capabilities, "create", name);
      const asked = changedFields(nothingAsked, applyWish(nothingAsked, wish));
      refuseFields(capabilities, "create", material === undefined ? asked : [...asked, "material"], name);
      const whole = facing.complete(nothingAsked, wish, facts({ isNew: true, material }));
      refusePast(nothingAsked, whole, clock());
      const { owner, ...fields } = whole;
      return engine.create(caller, region, { ...fields, team: owner.team }, material);
    },

    read: (caller, id) => engine.read(caller, anyRegion, id),

    change: async (caller, id, wish, expected) => {
      refuseOperation(capabilities, "change", name);
      const decide = (before: Key): Key => {
        refuseFields(capabilities, "change", changedFields(before, applyWish(before, wish)), name);
        const after = facing.complete(before, wish, facts({ isNew: false, material: undefined }));
        refusePast(before, after, clock());
        return after;
      };
      return engine.change(caller, anyRegion, id, "key.updated", decide, expected);
    },

    setStatus: async (caller, id, status, expected) => {
      refuseOperation(capabilities, status === "enabled" ? "enable" : "disable", name);
      return engine.setStatus(caller, anyRegion, id, status, expected);
    },

    disable: async (caller, id, expected) => {
      refuseOperation(capabilities, "disable", name);
      return engine.disable(caller, anyRegion, id, expected);
    },

    rotate: async (caller, id, { graceSeconds, material }, expected) => {
      refuseOperation(capabilities, "rotate", name);
      if (graceSeconds !== undefined && graceSeconds > 0) refuseOperation(capabilities, "grace", name);
      if (material !== undefined) refuseFields(capabilities, "change", ["material"], name);
      const seconds = graceSeconds ?? profile.graceSeconds(settings.own);
      const until = seconds === 0 ? null : new Date(clock().getTime() + seconds * 1000).toISOString();
      return engine.renew(caller, anyRegion, id, material, until, expected);
    },

    sync: async () => {
      refuseOperation(capabilities, "sync", name);
      throw new Error("an inventory of an embedded provider was not refused");
    },

    reveal: async (caller, id) => {
      refuseOperation(capabilities, "reveal", name);
      return (await engine.reveal(caller, anyRegion, id)).material;
    },

    recall: (caller, id, generation) => engine.recall(caller, id, generation),

    remove: async (caller, id, expected) => {
      refuseOperation(capabilities, "delete", name);
      return engine.remove(caller, anyRegion, id, expected);
    },
  };
};

const filtersOf = (criteria: Criteria): readonly KeyFilter[] => {
  const { status, q, team, createdBefore, createdAfter, unusedSince } = criteria;
  const filters: (KeyFilter | undefined)[] = [
    status && { field: "status", op: "equals", values: [status] },
    q === undefined ? undefined : { field: "nameOrId", op: "contains", values: [q] },
    team === undefined ? undefined : { field: "team", op: "equals", values: [team] },
    createdBefore === undefined ? undefined : { field: "createdAt", op: "before", values: [createdBefore] },
    createdAfter === undefined ? undefined : { field: "createdAt", op: "from", values: [createdAfter] },
    unusedSince === undefined ? undefined : { field: "activeAt", op: "before", values: [unusedSince] },
  ];
  return filters.filter((filter) => filter !== undefined);
};
