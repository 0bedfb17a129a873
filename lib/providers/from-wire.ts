import * as z from "zod";
import { unrestricted } from "../keys/limits.ts";
import type { Material } from "../keys/material.ts";
import type { AccountId, Key, KeyId, Preview } from "../schemas/key.ts";

/** What a service's reply does not say of a key. */
export interface WirePlace {
  readonly provider: string;
  readonly account: AccountId;
}

/** A key as a service's reply tells of it. */
export interface WireKey {
  readonly key: Key;
  /** Only where the reply has it in clear: what is masked never becomes a secret. */
  readonly material?: Material;
}

type Said = Pick<Key, "name" | "status" | "createdAt" | "updatedAt" | "native"> & {
  readonly id: string;
  readonly preview: string;
};

/** Names of keys are names in the store, too, where a table has room for a thousand bytes and a row's own signs. */
export const wireId = z.string().regex(/^[\x21-\x7e]{1,128}$/);

/** A canonical key of what a reply said, and of nothing for the rest. */
export const wireKey = (
  { provider, account }: WirePlace,
  said: Said,
  more: Partial<Omit<Key, "owner" | keyof Said>> & {
    readonly team?: string | null;
    readonly createdBy?: string;
  },
): Key => {
  const { team = null, createdBy = "", ...fields } = more;
  return {
    ...unrestricted,
    description: "",
    sandbox: false,
    expiresAt: null,
    graceUntil: null,
    graceLastUse: null,
    rotatedAt: null,
    lastUsedAt: null,
    tags: {},
    version: 1,
    ...fields,
    ...said,
    provider,
    id: said.id as KeyId,
    preview: said.preview as Preview,
    owner: { account, team, createdBy },
  };
};

/** A time of any of the services' forms; one without a zone is UTC. */
export const instant = (text: string): string => {
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  return new Date(zoned).toISOString();
};
