import { storeContract } from "../contract/store.ts";
import { openFresh } from "./files.ts";

storeContract("the SQLite store, writing on a thread", () => openFresh("thread"));
storeContract("the SQLite store, writing inline", () => openFresh("inline"));
