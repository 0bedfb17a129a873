import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { storeContract } from "../contract/store.ts";
import { openFresh } from "./files.ts";

storeContract("the SQLite store, writing on a thread", () => openFresh(threadWriter));
storeContract("the SQLite store, writing inline", () => openFresh(inlineWriter));
