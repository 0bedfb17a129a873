import type { DocumentRecord } from "../../../store/port/records.ts";
import type { DocumentWrite, Unit } from "../../../store/port/unit.ts";
import { auditDraft, type Caller } from "../../caller.ts";
import { beginRotation, type Rotation } from "../../rotation.ts";
import { keyEvent } from "../key-event.ts";
import type { SeenKey } from "../system.ts";
import { type Generation, generationWrite } from "./generations.ts";
import { heldMs } from "./moves.ts";
import { standing } from "./standing.ts";

export interface Order {
  /** The id that callers know. */
  readonly key: string;
  readonly before: SeenKey;
  readonly generation: Generation | undefined;
  readonly graceSeconds: number;
  readonly reason: string;
  /** Of an earlier try of the call, whose rotation came to nothing. */
  readonly call: DocumentRecord | undefined;
}

/** What the beginning of a rotation is found by, for the call that is made again. */
export const rotationCallKind = "rotation-call";
const callKeptMs = 86_400_000;

/** What is written down before anything is asked of the real system. */
export const beginning = (
  caller: Caller,
  { key, before, generation, graceSeconds, reason, call }: Order,
  { provider, now, uuid }: { readonly provider: string; readonly now: Date; readonly uuid: () => string },
): { readonly rotation: Rotation; readonly unit: Unit } => {
  const startedAt = now.toISOString();
  const account = caller.account.id;
  const { id, ...rest } = before.key;
  const { name, description, status, scope, ipAllowlist, limits, sandbox, expiresAt, owner, tags, native } =
    rest;
  const rotation: Rotation = {
    account,
    id: `${startedAt.replaceAll(/[-:.]/g, "")}-${uuid()}`,
    version: 1,
    provider,
    key,
    from: id,
    to: null,
    step: "create",
    undone: null,
    asked: {
      name,
      description,
      status,
      scope,
      ipAllowlist,
      limits,
      sandbox,
      expiresAt,
      owner: { team: owner.team },
      tags,
      native,
    },
    graceSeconds,
    graceUntil: null,
    reason,
    begunBy: caller.once?.id ?? null,
    startedAt,
    endedAt: null,
    tries: 0,
    trouble: null,
  };
  return {
    rotation,
    unit: {
      account,
      writes: [
        beginRotation(rotation, new Date(now.getTime() + heldMs)),
        ...generationWrite({ account, provider, key }, generation, standing(rotation).old),
        ...callWrites(caller, rotation, call, now),
      ],
      audit: {
        ...auditDraft(caller, `${provider}/${key}`, startedAt),
        details: { rotation: rotation.id, request: caller.details() },
      },
      events: [
        keyEvent(
          uuid,
          "rotation.started",
          { ...{ provider, id: key }, ...{ rotation: rotation.id, step: "create", graceSeconds } },
          startedAt,
        ),
      ],
    },
  };
};

const callWrites = (
  { account, once }: Caller,
  { id, provider }: Rotation,
  before: DocumentRecord | undefined,
  now: Date,
): readonly DocumentWrite[] => {
  if (once === undefined) return [];
  const record = {
    account: account.id,
    provider,
    kind: rotationCallKind,
    id: once.id,
    region: "",
    version: (before?.version ?? 0) + 1,
    body: { rotation: id, fingerprint: once.fingerprint },
    until: new Date(now.getTime() + callKeptMs).toISOString(),
  };
  return [
    before === undefined
      ? { type: "insertDocument", record }
      : { type: "replaceDocument", record, expectedVersion: before.version },
  ];
};
