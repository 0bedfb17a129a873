import * as z from "zod";
import type { FindingTold } from "../findings/event.ts";
import { type Finding, ruleCodes } from "../schemas/hygiene.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import { severityOf } from "./rules.ts";

/** What was told of a key, and is not ended: a document for each key of which there is something. */
export const toldKind = "hygiene-told";
const memory = z.object({
  /** The pass that met the key last: what it did not meet may be gone. */
  seenBy: z.string(),
  /** By name: one that another version has is over where this one does not find it. */
  rules: z.array(z.string()),
});
type Memory = z.infer<typeof memory>;

export const rulesTold = (record: DocumentRecord | undefined): Memory["rules"] =>
  record === undefined ? [] : memory.parse(record.body).rules;

export const passOf = (record: DocumentRecord): string => memory.parse(record.body).seenBy;

interface Place {
  readonly account: AccountId;
  readonly provider: string;
  readonly id: string;
}

/** What is told of a key now, against what was told of it before. */
export interface News {
  readonly writes: readonly DocumentWrite[];
  readonly opened: readonly FindingTold[];
  readonly ended: readonly FindingTold[];
}

export const newsOf = (
  { account, provider, id }: Place,
  before: DocumentRecord | undefined,
  found: readonly Finding["rule"][],
  pass: string,
): News => {
  const known = rulesTold(before);
  const rules = ruleCodes.filter((rule) => found.includes(rule));
  const tell = (rule: string): FindingTold => ({
    finding: `${rule}/${provider}/${id}`,
    rule,
    severity: severityOf(rule),
    provider,
    key: id,
  });
  const version = (before?.version ?? 0) + 1;
  const body: Memory = { seenBy: pass, rules };
  const record = { account, provider, kind: toldKind, id, region: "", version, body };
  return {
    writes: writesOf(before, record, rules.length > 0),
    opened: rules.filter((rule) => !known.includes(rule)).map(tell),
    ended: known.filter((rule) => !rules.some((one) => one === rule)).map(tell),
  };
};

const writesOf = (
  before: DocumentRecord | undefined,
  record: DocumentRecord,
  isKept: boolean,
): readonly DocumentWrite[] => {
  if (before === undefined) return isKept ? [{ type: "insertDocument", record }] : [];
  const expectedVersion = before.version;
  return isKept
    ? [{ type: "replaceDocument", record, expectedVersion }]
    : [{ type: "deleteDocument", record: before, expectedVersion }];
};
