import * as z from "zod";
import type { Asked } from "../keys/asked.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";

/**
 * A rotation with overlap where the real system knows none: a second key takes the place of the first. `bind` to `test`
 * make the successor ready, `overlap` waits while both work, and `disable` to `delete` end one of the two: the old key,
 * or, where the rotation is undone, the successor.
 */
export const openSteps = ["create", "bind", "test", "overlap", "disable", "unbind", "delete"] as const;
export const endedSteps = ["done", "cancelled", "failed"] as const;
export type OpenStep = (typeof openSteps)[number];

const asked = z.object({
  name: z.string(),
  description: z.string(),
  status: z.enum(["enabled", "disabled"]),
  scope: z.custom<Asked["scope"]>(),
  ipAllowlist: z.array(z.string()),
  limits: z.custom<Asked["limits"]>(),
  sandbox: z.boolean(),
  expiresAt: z.string().nullable(),
  owner: z.object({ team: z.string().nullable() }),
  tags: z.record(z.string(), z.string()),
  native: z.json(),
});

const body = z.object({
  provider: z.string(),
  /** The id that callers know, whatever the real system calls the key by now. */
  key: z.string(),
  /** The real system's ids of the old key and of its successor. */
  from: z.string(),
  to: z.string().nullable(),
  step: z.enum([...openSteps, ...endedSteps]),
  /** Why the successor is taken away again; null for a rotation that goes on. */
  undone: z.enum(["cancelled", "failed"]).nullable(),
  /** What the successor is made of. */
  asked,
  graceSeconds: z.int(),
  /** Once the successor is the key. */
  graceUntil: z.string().nullable(),
  reason: z.string(),
  /** The call that began it, as a repetition of it is known. */
  begunBy: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Tries of this step that failed, and what the last one failed by. */
  tries: z.int(),
  trouble: z.string().nullable(),
});

export interface Rotation extends z.infer<typeof body> {
  /** Sorts by the time of its beginning. */
  readonly id: string;
  readonly version: number;
  readonly account: AccountId;
}

export const rotationKind = "rotation";

/** Finished ones are shown for so long. */
const keptMs = 90 * 86_400_000;

export const isOpen = ({ step }: Rotation): boolean => openSteps.some((open) => open === step);

/** Over all providers of an account, so that one list tells them in their order. */
const place = { provider: "", kind: rotationKind, region: "" } as const;

export const rotationRecord = (
  { id, version, account, ...rest }: Rotation,
  due: Date | null,
): DocumentRecord => ({
  ...place,
  account,
  id,
  version,
  body: rest,
  ...(due !== null && { due: due.toISOString() }),
  ...(rest.endedAt !== null && { until: new Date(Date.parse(rest.endedAt) + keptMs).toISOString() }),
});

export const parseRotation = ({ account, id, version, body: stored }: DocumentRecord): Rotation => ({
  ...body.parse(stored),
  account,
  id,
  version,
});

export const beginRotation = (rotation: Rotation, due: Date): DocumentWrite => ({
  type: "insertDocument",
  record: rotationRecord(rotation, due),
});

export const withdrawRotation = (rotation: Rotation): DocumentWrite => ({
  type: "deleteDocument",
  record: rotationRecord(rotation, null),
  expectedVersion: rotation.version,
});

/** The rotation as it is to be, one version on, and the write that makes it so. */
export const nextRotation = (
  from: Rotation,
  changes: Partial<Rotation>,
  due: Date | null,
): { readonly rotation: Rotation; readonly write: DocumentWrite } => {
  const rotation = { ...from, ...changes, version: from.version + 1 };
  return {
    rotation,
    write: {
      type: "replaceDocument",
      record: rotationRecord(rotation, due),
      expectedVersion: from.version,
    },
  };
};

export const readRotation = async (
  store: Pick<Store, "readDocument">,
  account: AccountId,
  id: string,
): Promise<Rotation | undefined> => {
  const found = await store.readDocument(account, "", rotationKind, id);
  return found && parseRotation(found);
};

/** The last first; `before` is the id that the page before ended with. */
export const listRotations = async (
  store: Pick<Store, "listDocumentsBackwards">,
  account: AccountId,
  page: { readonly before: string | null; readonly limit: number },
): Promise<readonly Rotation[]> =>
  (await store.listDocumentsBackwards(account, "", rotationKind, page)).map(parseRotation);

/** As it is told: without what the successor is made of, which the key itself shows. */
export const toldRotation = ({ account: _, version: __, asked: ___, begunBy: ____, ...told }: Rotation) =>
  told;
