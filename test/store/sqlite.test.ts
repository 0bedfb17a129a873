import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { storeContract } from "../contract/store.ts";
import { openFresh } from "./files.ts";

/** Statements read and remove some thousands of rows at a time. */
const many = 1000;

storeContract("the SQLite store, writing on a thread", () => openFresh(threadWriter), { many });
storeContract("the SQLite store, writing inline", () => openFresh(inlineWriter), { many });
