import { noLimits } from "../../../lib/keys/limits.ts";
import type { KeyDraft } from "../../../lib/providers/profile.ts";
import type { Key } from "../../../lib/schemas/key.ts";
import type { KeyFilter } from "../../../lib/store/port/key-query.ts";
import { toyNative } from "./native.ts";
import type { Token } from "./schemas.ts";

export const toDraft = (name: string, locked: boolean): KeyDraft => ({
  name,
  description: "",
  status: "enabled",
  scope: { models: "all", endpoints: "all" },
  ipAllowlist: [],
  limits: noLimits,
  native: { locked },
});

export const toToken = (key: Key): Token => ({
  TokenId: key.id,
  TokenName: key.name,
  Locked: toyNative.parse(key.native).locked,
  CreateTime: key.createdAt,
});

/** The variant is what the profile makes of `native`. */
export const toFilters = (locked: boolean | undefined): readonly KeyFilter[] =>
  locked === undefined ? [] : [{ field: "variant", op: "equals", values: [locked ? "locked" : "open"] }];
