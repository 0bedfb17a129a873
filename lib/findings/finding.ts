import type { Fix } from "../schemas/hygiene.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import type { FindingTold } from "./event.ts";

/** Something that somebody of the account ought to look at and mend: kept until it is mended, one for each subject. */
export interface Finding {
  /** `leak.shared_value` */
  readonly type: string;
  /** Of a finding about one key. */
  readonly provider: string | null;
  readonly key: string | null;
  /** One sentence, without anything secret. */
  readonly detail: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Since when it is told as ended. One about a key is judged anew at each look, and may open again. */
  readonly endedAt?: string | null;
  /** When its sender last said something of it, by the sender's clock: what is older changes nothing. */
  readonly changedAt?: string | null;
  /** The one call that mends it. */
  readonly fix: Pick<Fix, "method" | "path"> & Partial<Pick<Fix, "body" | "fill">>;
}

export const findingKind = "finding";

/** The same finding about the same subject is one document. */
export const findingId = (type: string, subject: string): string => `${type}/${subject}`;

/** What is told of it when it is found. */
export type NewFinding = Omit<Finding, "firstSeen" | "lastSeen" | "endedAt">;

export const findingIn = ({ body }: Pick<DocumentRecord, "body">): Finding => body as Finding;

/** Whether it is told as open: if not, seeing it is news. */
export const isTold = (record: DocumentRecord | undefined): record is DocumentRecord =>
  record !== undefined && (findingIn(record).endedAt ?? null) === null;

export const storedTold = (record: DocumentRecord): FindingTold => {
  const { type, provider, key } = findingIn(record);
  return { finding: record.id, rule: type, severity: "high", provider, key };
};

/** `before` is what stands there already: then it is seen once more. `until` is for what nobody's change would end. */
export const findingWrite = (
  account: AccountId,
  subject: string,
  finding: NewFinding,
  time: string,
  before: DocumentRecord | undefined,
  until?: string,
): DocumentWrite & { readonly type: "insertDocument" | "replaceDocument" } => {
  const firstSeen = before === undefined ? time : findingIn(before).firstSeen;
  const record: DocumentRecord = {
    account,
    provider: "",
    kind: findingKind,
    id: findingId(finding.type, subject),
    region: "",
    version: (before?.version ?? 0) + 1,
    body: { ...finding, firstSeen, lastSeen: time, endedAt: null } satisfies Finding,
    ...(until !== undefined && { until }),
  };
  return before === undefined
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion: before.version };
};

/** The same finding, told as ended or as open again. */
export const toldWrite = (
  before: DocumentRecord,
  told: Pick<Finding, "endedAt" | "changedAt">,
): DocumentWrite => ({
  type: "replaceDocument",
  record: {
    ...before,
    version: before.version + 1,
    body: { ...findingIn(before), ...told } satisfies Finding,
  },
  expectedVersion: before.version,
});
