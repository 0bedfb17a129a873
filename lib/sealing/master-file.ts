import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { binding, open, seal } from "./envelope.ts";
import { MasterKeyFault, type MasterKeys, type WrapContext } from "./master.ts";

/** Several keys stand in the file only while the master key is being rotated. */
export const keyring = z.strictObject({
  current: z.string(),
  keys: z.record(
    z.string(),
    z.base64().refine((text) => Buffer.from(text, "base64").length === 32),
  ),
});
export type Keyring = z.infer<typeof keyring>;

export const wrongMaster = (file: string, id: string): MasterKeyFault =>
  new MasterKeyFault(
    `The master key in ${file} is not the one that this data was sealed with (${id}). Put the right file in its place.`,
  );

export const masterFile = (folder: string): string => join(folder, "master.key");

export const newMasterKey = (): { readonly id: string; readonly key: string } => ({
  id: `mk_${randomBytes(6).toString("hex")}`,
  key: randomBytes(32).toString("base64"),
});

/** Undefined when there is no file. */
export const readKeyring = (file: string): Keyring | undefined => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new MasterKeyFault(`The master key ${file} cannot be read. Let the user that runs Keyway read it.`);
  }
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
    throw new MasterKeyFault(`The master key ${file} can be read by other users. Run: chmod 600 ${file}`);
  }
  const parsed = keyring.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.keys[parsed.data.current] === undefined) {
    throw new MasterKeyFault(
      `The master key ${file} is damaged. Put the file from your backup in its place.`,
    );
  }
  return parsed.data;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Makes the file, once: of two processes that start together, one makes it and both use it. */
export const createKeyring = (file: string): Keyring => {
  const { id, key } = newMasterKey();
  const draft = writeDraft(file, { current: id, keys: { [id]: key } });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const ring = readKeyring(file);
  if (ring === undefined) throw new MasterKeyFault(`The master key ${file} cannot be created.`);
  return ring;
};

/** Exchanges the file in one step: a crash leaves the old one or the new one. */
export const replaceKeyring = (file: string, ring: Keyring): void => {
  renameSync(writeDraft(file, ring), file);
};

const writeDraft = (file: string, ring: Keyring): string => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const handle = openSync(draft, "wx", 0o600);
  try {
    writeSync(handle, `${JSON.stringify(ring)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(draft, 0o600);
  return draft;
};

/** Reads the file again when it meets an id that it does not know: another process may have rotated the key. */
export const fileMasterKeys = (file: string): MasterKeys => {
  const known = new Map<string, KeyObject>();
  const load = (): Keyring => {
    const ring = readKeyring(file);
    if (ring === undefined)
      throw new MasterKeyFault(`The master key ${file} is gone. Put it back from your backup.`);
    for (const [id, key] of Object.entries(ring.keys)) known.set(id, createSecretKey(key, "base64"));
    return ring;
  };
  const keyOf = (id: string): KeyObject => {
    if (!known.has(id)) load();
    const key = known.get(id);
    if (key === undefined) throw wrongMaster(file, id);
    return key;
  };
  const wrap = (masterId: string, bytes: Uint8Array, context: WrapContext): string =>
    seal(keyOf(masterId), wrapBinding(masterId, context), bytes);
  const unwrap = (masterId: string, wrapped: string, context: WrapContext): Buffer =>
    open(keyOf(masterId), wrapBinding(masterId, context), wrapped);
  return {
    // Who can take the file away can read the process's memory, too.
    unwrappedMs: Number.POSITIVE_INFINITY,
    currentId: async () => load().current,
    generate: async (masterId, context) => {
      const bytes = randomBytes(32);
      return { bytes, wrapped: wrap(masterId, bytes, context) };
    },
    unwrap: async (masterId, wrapped, context) => unwrap(masterId, wrapped, context),
    rewrap: async (masterId, wrapped, context, nextId) => {
      const bytes = unwrap(masterId, wrapped, context);
      try {
        return wrap(nextId, bytes, context);
      } finally {
        bytes.fill(0);
      }
    },
  };
};

const wrapBinding = (masterId: string, { purpose, account, id }: WrapContext): Buffer =>
  binding("wrap", masterId, JSON.stringify([purpose, account, id]));
