import { createSecretKey, hash, type KeyObject, randomBytes } from "node:crypto";
import { Secret } from "../keys/secret.ts";
import type { Store, WrappedKey } from "../store/port.ts";
import { binding, open, seal } from "./envelope.ts";
import type { MasterKeys } from "./master.ts";

/** What a sealed text belongs to. */
export interface Place {
  readonly account: string;
  readonly service: string;
  readonly id: string;
  readonly generation: number;
}

/** Sealing at rest, and the digests that secrets are found by. */
export interface Vault {
  seal(place: Place, secret: Secret): Promise<string>;
  open(place: Place, sealed: string): Promise<Secret>;
  /** Keyed, so that a stolen database does not tell whether a guessed secret is in it. */
  digest(text: string): string;
  /** The seed of the key that signs audit checkpoints. */
  checkpointSeed(): Promise<Buffer>;
}

/** Additional data of a wrapped key: a wrapping moved to another account or purpose does not open. */
export const wrapContext = (row: Pick<WrappedKey, "id" | "purpose" | "account">): string =>
  JSON.stringify([row.purpose, row.account, row.id]);

export const unwrapKey = (master: MasterKeys, row: WrappedKey): Promise<Buffer> =>
  master.unwrap(row.masterId, row.wrapped, wrapContext(row));

/** Sealed texts name their data key, `1.dk_….<base64url>`, so that a key can be replaced without a flag day. */
const version = "1";

const aadOf = (place: Place): Buffer =>
  binding(version, place.account, place.service, place.id, place.generation);

/** Unwrapped keys kept in memory; accounts in use at one time, not accounts. */
const cachedKeysMax = 10_000;

export const openVault = async (store: Store, master: MasterKeys, now: () => string): Promise<Vault> => {
  const unwrapped = new Map<string, KeyObject>();
  const currentOf = new Map<string, { readonly id: string; readonly key: KeyObject }>();

  const unwrap = async (row: WrappedKey): Promise<KeyObject> => {
    const cached = unwrapped.get(row.id);
    if (cached !== undefined) return cached;
    const bytes = await unwrapKey(master, row);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    if (unwrapped.size >= cachedKeysMax) unwrapped.clear();
    unwrapped.set(row.id, key);
    return key;
  };

  const dataKey = async (account: string): Promise<{ readonly id: string; readonly key: KeyObject }> => {
    const cached = currentOf.get(account);
    if (cached !== undefined) return cached;
    const row = await ensureKey(store, master, "data", account, now());
    const found = { id: row.id, key: await unwrap(row) };
    if (currentOf.size >= cachedKeysMax) currentOf.clear();
    currentOf.set(account, found);
    return found;
  };

  const dataKeyById = async (account: string, id: string): Promise<KeyObject> => {
    const cached = unwrapped.get(id);
    if (cached !== undefined) return cached;
    const row = (await store.listWrappedKeys("data", account)).find((one) => one.id === id);
    if (row === undefined) throw new Error(`data key ${id} is missing`);
    return unwrap(row);
  };

  const digestRow = await ensureKey(store, master, "digest", "", now());
  const digestBytes = await unwrapKey(master, digestRow);
  const digestKey = digestBytes.toString("base64url");
  digestBytes.fill(0);

  return {
    seal: async (place, secret) => {
      const { id, key } = await dataKey(place.account);
      return `${version}.${id}.${seal(key, aadOf(place), secret.expose())}`;
    },
    open: async (place, sealed) => {
      const [found, id, body] = sealed.split(".", 3);
      if (found !== version || id === undefined || body === undefined)
        throw new Error("a sealed text of no known form");
      const key = await dataKeyById(place.account, id);
      return new Secret(open(key, aadOf(place), body).toString("utf8"));
    },
    // SHA-512/256 tells half of its state, so nobody can go on from a digest: with it a key in front of the text is a
    // MAC (Coron and others, "Merkle-Damgård revisited", 2005), in a third of HMAC's time. Every call is looked up by one.
    digest: (text) => `${digestRow.id}.${hash("sha512-256", digestKey + text, "base64url")}`,
    checkpointSeed: async () => {
      const row = await ensureKey(store, master, "checkpoint", "", now());
      return unwrapKey(master, row);
    },
  };
};

const idPrefix: Readonly<Record<WrappedKey["purpose"], string>> = {
  data: "dk",
  digest: "hk",
  checkpoint: "ck",
};

/** The key of a purpose and account, made on first use. Of two makers, the first one's stands. */
const ensureKey = async (
  store: Store,
  master: MasterKeys,
  purpose: WrappedKey["purpose"],
  account: string,
  createdAt: string,
): Promise<WrappedKey> => {
  for (;;) {
    const [row] = await store.listWrappedKeys(purpose, account);
    if (row !== undefined) return row;
    const masterId = await store.readMasterId();
    if (masterId === undefined) throw new Error("the store names no master key");
    const id = `${idPrefix[purpose]}_${randomBytes(6).toString("hex")}`;
    const bytes = randomBytes(32);
    const wrapped = await master.wrap(masterId, bytes, wrapContext({ id, purpose, account }));
    bytes.fill(0);
    const kept = await store.keepWrappedKey({ id, purpose, account, masterId, wrapped, createdAt });
    if (kept !== undefined) return kept;
  }
};
