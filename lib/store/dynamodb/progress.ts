import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../port/store.ts";
import { unavailable } from "./failure.ts";
import { pauseMs, type Table } from "./table.ts";
import { openWork } from "./work.ts";
import { documentPlaces, writeDocument } from "./write-documents.ts";

/** Of races that were lost to other processes, one after the other. */
const triesMax = 8;

/** Documents alone: no chain is moved, so that what jobs write about one account does not wait for its changes. */
export const openProgress =
  (table: Table): Store["progress"] =>
  async (writes) => {
    if (writes.length === 0) return;
    for (let tries = 0; tries < triesMax; tries++) {
      const work = openWork(table);
      await work.load(writes.flatMap(documentPlaces));
      for (const [at, write] of writes.entries()) await writeDocument(work, write, at);
      const written = await table.transact(work.changes(table.name), randomUUID());
      if (written.type === "written") return;
      await sleep(pauseMs(tries));
    }
    throw unavailable("nothing");
  };
