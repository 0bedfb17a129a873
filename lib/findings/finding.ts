import type { Fix } from "../schemas/hygiene.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord, Write } from "../store/port.ts";

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
  /** The one call that mends it. */
  readonly fix: Pick<Fix, "method" | "path"> & Partial<Pick<Fix, "body" | "fill">>;
}

export const findingKind = "finding";

/** The same finding about the same subject is one document. */
export const findingId = (type: string, subject: string): string => `${type}/${subject}`;

/** `before` is what stands there already: then it is seen once more. `until` is for what nobody's change would end. */
export const findingWrite = (
  account: AccountId,
  subject: string,
  finding: Omit<Finding, "firstSeen" | "lastSeen">,
  time: string,
  before: DocumentRecord | undefined,
  until?: string,
): Write & { readonly type: "insertDocument" | "replaceDocument" } => {
  const firstSeen = (before?.body as Finding | undefined)?.firstSeen ?? time;
  const record: DocumentRecord = {
    account,
    provider: "",
    kind: findingKind,
    id: findingId(finding.type, subject),
    region: "",
    version: (before?.version ?? 0) + 1,
    body: { ...finding, firstSeen, lastSeen: time } satisfies Finding,
    ...(until !== undefined && { until }),
  };
  return before === undefined
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion: before.version };
};
