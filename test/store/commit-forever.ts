import { writeSync } from "node:fs";
import { accountId } from "../../lib/schemas/key.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { commit, insertKey, keyRecord } from "../contract/store/samples.ts";

// A process of its own, to be killed: prints the id of each key after its commit was acknowledged.
const [file = "", account = "", prefix = ""] = process.argv.slice(2);
const store = await openSqliteStore({ file, writer: threadWriter });
const owner = accountId.parse(account);
let n = 0;

const commitForever = async (): Promise<never> => {
  for (;;) {
    n += 1;
    const id = `${prefix}-${n}`;
    await commit(store, owner, insertKey(keyRecord(owner, { id })));
    writeSync(1, `${id}\n`);
  }
};

await Promise.all(Array.from({ length: 6 }, commitForever));
