import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WriterKind } from "../../lib/store/sqlite/writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import type { OpenedStore } from "../contract/store/opened.ts";

/** A path for a database in a folder of its own, and how to remove the folder. */
export const freshFile = (): { readonly file: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), "keyway-store-"));
  return { file: join(folder, "keyway.db"), remove: () => rmSync(folder, { recursive: true, force: true }) };
};

export const openFresh = async (writer: WriterKind): Promise<OpenedStore> => {
  const { file, remove } = freshFile();
  let store = await openSqliteStore({ file, writer });
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openSqliteStore({ file, writer });
      return store;
    },
    forget: (now) => store.pruneEnded(now),
    close: async () => {
      await store.close();
      remove();
    },
  };
};
