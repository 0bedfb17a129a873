import { createSecretKey, hash, type KeyObject, randomBytes } from "node:crypto";
import { Secret } from "../keys/secret.ts";
import type { WrappedKey } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { binding, open, seal } from "./envelope.ts";
import { openKeyCache } from "./key-cache.ts";
import type { MasterKeys } from "./master.ts";

/** What a sealed text belongs to. */
export interface Place {
  readonly account: string;
  readonly service: string;
  readonly id: string;
  readonly generation: number;
}

export type Sign = (text: string) => string;

/** Sealing at rest, and the digests that secrets are found by. */
export interface Vault {
  seal(place: Place, secret: Secret): Promise<string>;
  open(place: Place, sealed: string): Promise<Secret>;
  /** Keyed, so that a stolen database does not tell whether a guessed secret is in it. */
  digest(text: string): string;
  /**
   * Makes MACs of 128 bits, for texts that leave the house and come back. `about` is signed in front of each, and has to end
   * with what it does not hold: `a` and `bc` are signed as `ab` and `c` are.
   */
  signer(about: string): Sign;
  /** The seed of the key that signs audit checkpoints. */
  checkpointSeed(): Promise<Buffer>;
}

export const unwrapKey = (master: MasterKeys, row: WrappedKey): Promise<Buffer> =>
  master.unwrap(row.masterId, row.wrapped, row);

/** Sealed texts name their data key, `1.dk_….<base64url>`, so that a key can be replaced without a flag day. */
const version = "1";

const aadOf = (place: Place): Buffer =>
  binding(version, place.account, place.service, place.id, place.generation);

/** Unwrapped keys kept in memory; accounts in use at one time, not accounts. */
const cachedKeysMax = 10_000;

export const openVault = async (store: Store, master: MasterKeys, clock: () => Date): Promise<Vault> => {
  const unwrapped = openKeyCache(cachedKeysMax, master.unwrappedMs, clock);
  /** Of an account, the id of the key that seals; it stands once it is made. */
  const currentOf = new Map<string, string>();

  const readDataKey = async (account: string, id: string): Promise<KeyObject> => {
    // Read again each time: a rotation may have wrapped it anew.
    const row = (await store.listWrappedKeys("data", account)).find((one) => one.id === id);
    if (row === undefined) throw new Error(`data key ${id} is missing`);
    return keyObject(await unwrapKey(master, row));
  };

  const dataKeyById = (account: string, id: string): Promise<KeyObject> =>
    unwrapped.get(id) ?? unwrapped.put(id, readDataKey(account, id));

  const dataKey = async (account: string): Promise<{ readonly id: string; readonly key: KeyObject }> => {
    const current = currentOf.get(account);
    if (current !== undefined) return { id: current, key: await dataKeyById(account, current) };
    const ensured = await ensureKey(store, master, "data", account, clock);
    const { id } = ensured.row;
    const key = await (unwrapped.get(id) ?? unwrapped.put(id, bytesOf(master, ensured).then(keyObject)));
    if (currentOf.size >= cachedKeysMax) currentOf.clear();
    currentOf.set(account, id);
    return { id, key };
  };

  // For the life of the process, also where a master key bounds the time of others: it opens nothing that is sealed.
  const digest = await ensureKey(store, master, "digest", "", clock);
  const digestBytes = await bytesOf(master, digest);
  const digestKey = digestBytes.toString("base64url");
  digestBytes.fill(0);
  const signingKey = hash("sha512-256", `${digestKey}signing key`, "base64url");

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
    digest: (text) => `${digest.row.id}.${hash("sha512-256", digestKey + text, "base64url")}`,
    // Half of a SHA-256 tells half of its state, too; a processor computes it in less, and each verification is given one.
    signer: (about) => {
      const begun = signingKey + about;
      return (text) => hash("sha256", begun + text).slice(0, 32);
    },
    checkpointSeed: async () => bytesOf(master, await ensureKey(store, master, "checkpoint", "", clock)),
  };
};

const idPrefix: Readonly<Record<WrappedKey["purpose"], string>> = {
  data: "dk",
  digest: "hk",
  checkpoint: "ck",
};

interface EnsuredKey {
  readonly row: WrappedKey;
  /** Of a key that was made just now, so that nobody needs to unwrap it. */
  readonly made?: Buffer;
}

const bytesOf = async (master: MasterKeys, { row, made }: EnsuredKey): Promise<Buffer> =>
  made ?? unwrapKey(master, row);

const keyObject = (bytes: Buffer): KeyObject => {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
};

/** The key of a purpose and account, made on first use. Of two makers, the first one's stands. */
const ensureKey = async (
  store: Store,
  master: MasterKeys,
  purpose: WrappedKey["purpose"],
  account: string,
  clock: () => Date,
): Promise<EnsuredKey> => {
  for (;;) {
    const [row] = await store.listWrappedKeys(purpose, account);
    if (row !== undefined) return { row };
    const masterId = await store.readMasterId();
    if (masterId === undefined) throw new Error("the store names no master key");
    const id = `${idPrefix[purpose]}_${randomBytes(6).toString("hex")}`;
    const { bytes, wrapped } = await master.generate(masterId, { id, purpose, account });
    const createdAt = clock().toISOString();
    let kept: WrappedKey | undefined;
    try {
      kept = await store.keepWrappedKey({ id, purpose, account, masterId, wrapped, createdAt });
    } finally {
      if (kept?.id !== id) bytes.fill(0);
    }
    if (kept !== undefined) return kept.id === id ? { row: kept, made: bytes } : { row: kept };
  }
};
