import type { Principal } from "../../access/principal.ts";
import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpRequest } from "../../http.ts";
import type { Answer, Operation, OperationInput } from "../../operation.ts";
import {
  auditDraft,
  type Caller,
  idempotencyInFlight,
  idempotencyMismatch,
  type Once,
  type Outcome,
} from "../../providers/caller.ts";
import { fromMaterial } from "../../schemas/material.ts";
import { redact } from "../../schemas/secret-mark.ts";
import type { DocumentRecord } from "../../store/port/records.ts";
import { StoreRefusal, type Write } from "../../store/port/unit.ts";

/** How long a repeated call is told what the first one did. */
const keptMs = 86_400_000;
const kind = "once";

const keyForm = /^[\x21-\x7e]{1,255}$/;

/** A structured string, or bare as most clients send it (draft-ietf-httpapi-idempotency-key-header, section 2.1). */
export const idempotencyKey = (request: HttpRequest, operation: Operation): string | undefined => {
  const header = request.headers["idempotency-key"];
  if (header === undefined || operation.once !== true) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (keyForm.test(key)) return key;
  throw new Refusal(
    "idempotency_key_invalid",
    "The `Idempotency-Key` must be 1 to 255 printable characters without spaces.",
  );
};

/** What stands in the store: of a secret only which one it was, never the secret. */
interface Kept {
  readonly fingerprint: string;
  /** Null for a call of many parts, which are kept one by one: it has begun. */
  readonly outcome: Outcome | null;
}

interface Call {
  readonly house: House;
  readonly principal: Principal;
  readonly operation: Operation;
  readonly input: OperationInput;
  readonly key: string;
  readonly caller: Omit<Caller, "details">;
}

/**
 * Runs a call at most once for its key. The outcome stands in the commit of the change itself, so there is no moment at
 * which one is there without the other; of two that race, in whatever processes, the second finds the first one's. A
 * refusal changed nothing and is not kept: the call may be mended and sent again under its key.
 */
export const idempotent = async (call: Call, run: (once: Once) => Promise<Answer>): Promise<Answer> => {
  const { house, principal, operation, input, key } = call;
  const { vault, store, clock, underWay } = house;
  const account = principal.account.id;
  const place = `${operation.method} ${operation.path} ${JSON.stringify(input.params)}`;
  // Keyed digests: the input may hold a secret.
  const id = vault.digest(`once\n${principal.credential}\n${place}\n${key}`);
  const fingerprint = vault.digest(`once\n${JSON.stringify([input.query, input.body])}`);

  const find = (): Promise<DocumentRecord | undefined> => store.readDocument(account, "", kind, id);
  const isLive = (record: DocumentRecord): boolean => Date.parse(record.until ?? "") > clock().getTime();

  if (underWay.has(id)) throw idempotencyInFlight();
  underWay.add(id);
  try {
    const before = await find();
    if (before !== undefined && isLive(before)) {
      const { outcome } = kept(before, fingerprint);
      if (outcome !== null) return await replay(outcome, call);
    } else if (operation.parts === true) {
      await claim(call, written({ account, id, body: { fingerprint, outcome: null } }, before, clock()));
    }
    const once: Once = {
      id,
      fingerprint,
      isKept: async () => {
        const standing = await find();
        return standing !== undefined && isLive(standing) && kept(standing, fingerprint).outcome !== null;
      },
      outcome: (outcome) => [
        written({ account, id, body: { fingerprint, outcome } satisfies Kept }, before, clock()),
      ],
    };
    try {
      return await run(once);
    } catch (error) {
      // Another process makes the same call, or has just made it: then its outcome is the answer.
      const after = isLost(error) ? await find() : undefined;
      if (after === undefined || !isLive(after)) throw error;
      const { outcome } = kept(after, fingerprint);
      if (outcome === null) throw error;
      return await replay(outcome, call);
    }
  } finally {
    underWay.delete(id);
  }
};

const isLost = (error: unknown): boolean =>
  error instanceof StoreRefusal
    ? error.write === "insertDocument" && error.reason === "exists"
    : error instanceof Refusal && error.code === "idempotency_in_flight";

const written = (
  { account, id, body }: Pick<DocumentRecord, "account" | "id" | "body">,
  before: DocumentRecord | undefined,
  now: Date,
): Write => {
  const until = new Date(now.getTime() + keptMs).toISOString();
  const version = (before?.version ?? 0) + 1;
  const record: DocumentRecord = { account, provider: "", kind, id, region: "", version, body, until };
  return before === undefined
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion: before.version };
};

/** What stands for the key, if it is of the same call. */
const kept = ({ body }: DocumentRecord, fingerprint: string): Kept => {
  const found = body as Kept;
  if (found.fingerprint === fingerprint) return found;
  throw idempotencyMismatch();
};

/** Holds the key for these very parts before the first of them is run. */
const claim = async ({ house, principal, operation, input, caller }: Call, write: Write): Promise<void> => {
  const details = (): unknown => redact(operation.input, input);
  const time = house.clock().toISOString();
  await house.store.commit({
    account: principal.account.id,
    writes: [write],
    audit: auditDraft({ ...caller, details }, `call/${caller.requestId}`, time),
    // What its parts do is told with them.
    events: [],
  });
};

const replay = async ({ reply, secret }: Outcome, call: Call): Promise<Answer> => {
  const { house, caller, operation } = call;
  const again = (told: unknown): Answer => ({ ...operation.again(told), replayed: true });
  if (secret === null) return again(reply);
  const provider = house.providers.find(({ name }) => name === secret.provider);
  const details = (): unknown => ({ replay: true });
  const material = await provider
    ?.recall({ ...caller, details }, secret.id, secret.generation)
    .catch((error: unknown) => {
      if (error instanceof Refusal && error.code === "not_found") return null;
      throw error;
    });
  return again({ ...reply, material: material ? fromMaterial(material) : null });
};
