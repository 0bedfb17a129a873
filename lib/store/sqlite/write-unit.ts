import type { DatabaseSync } from "node:sqlite";
import type { ChainHead } from "../../audit/entry.ts";
import type { Unit, Write } from "../port/unit.ts";
import { prepareAppendAudit } from "./write-audit.ts";
import { prepareCount } from "./write-counters.ts";
import { prepareCredentialWrites } from "./write-credentials.ts";
import { prepareDocumentWrites } from "./write-documents.ts";
import { prepareEventWrites } from "./write-events.ts";
import { prepareKeyWrites } from "./write-keys.ts";

export const prepareUnit = (db: DatabaseSync): ((unit: Unit) => ChainHead) => {
  const keys = prepareKeyWrites(db);
  const credentials = prepareCredentialWrites(db);
  const documents = prepareDocumentWrites(db);
  const count = prepareCount(db);
  const appendAudit = prepareAppendAudit(db);
  const events = prepareEventWrites(db);

  const apply = (write: Write, time: string): void => {
    switch (write.type) {
      case "insertKey":
        keys.insert(write);
        break;
      case "replaceKey":
        keys.replace(write);
        break;
      case "deleteKey":
        keys.remove(write, time);
        break;
      case "insertAlias":
        keys.insertAlias(write);
        break;
      case "count":
        count(write);
        break;
      case "insertDocument":
      case "replaceDocument":
      case "deleteDocument":
        documents.apply(write);
        break;
      case "insertAccount":
        credentials.insertAccount(write);
        break;
      case "insertCredential":
        credentials.insert(write);
        break;
      case "replaceCredential":
        credentials.replace(write);
        break;
      case "deleteCredential":
        credentials.remove(write);
        break;
    }
  };

  return (unit) => {
    for (const write of unit.writes) apply(write, unit.audit.time);
    for (const event of unit.events) events.append(unit.account, event);
    return appendAudit(unit.account, unit.audit);
  };
};
