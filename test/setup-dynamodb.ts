import { stopStorage } from "./support/storage.ts";

stopStorage();
