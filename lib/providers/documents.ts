import { Refusal } from "../errors.ts";
import type { KeyRecord } from "../keys/record.ts";
import { parseInput } from "../schemas/issues.ts";
import type { Key } from "../schemas/key.ts";
import type { DocumentRecord, EventDraft } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal, type Unit, type Write } from "../store/port/unit.ts";
import { auditDraft, type Caller } from "./caller.ts";
import { decideAndWrite } from "./decide.ts";
import type { Profile } from "./profile.ts";

/** A kind of document: what its body is, and how many of them an account may have. */
export interface DocumentKind<Body> {
  /** Stored, and the reason that refusals about it carry: `plan`. */
  readonly name: string;
  readonly parse: (body: unknown) => Body;
  readonly max: number;
  /** What is told when one comes and goes, and of what is in it. */
  readonly events: { readonly created: EventDraft["type"]; readonly deleted: EventDraft["type"] };
  readonly told: (body: Body) => object;
}

/** What a change is: the event that tells of it, and the keys that are decided about with the document. */
interface DocumentChange {
  readonly event: EventDraft["type"];
  readonly keyIds: readonly string[];
}

export interface Document<Body> {
  readonly id: string;
  readonly body: Body;
}

/** What a service keeps besides keys. As with keys, each change is one commit with its audit entry. */
export interface Documents {
  create<Body>(
    caller: Caller,
    region: string,
    kind: DocumentKind<Body>,
    id: string,
    body: Body,
  ): Promise<void>;
  read<Body>(caller: Caller, region: string, kind: DocumentKind<Body>, id: string): Promise<Body>;
  /** Newest first. */
  list<Body>(caller: Caller, region: string, kind: DocumentKind<Body>): Promise<readonly Document<Body>[]>;
  /**
   * One decision over a document and some keys, written together. Keys that the decision answers unchanged are not
   * written; of the others only what `native` holds may differ, and their own times stay.
   */
  change<Body>(
    caller: Caller,
    region: string,
    kind: DocumentKind<Body>,
    id: string,
    change: DocumentChange,
    decide: (body: Body, keys: readonly Key[]) => { readonly body: Body; readonly keys: readonly Key[] },
  ): Promise<Body>;
  remove<Body>(
    caller: Caller,
    region: string,
    kind: DocumentKind<Body>,
    id: string,
    check: (body: Body) => void,
  ): Promise<void>;
  /** Brings documents of these ids to be there, or not to be there; those that already are so are left alone. */
  ensure<Body>(
    caller: Caller,
    region: string,
    kind: DocumentKind<Body>,
    wanted: { readonly ids: readonly string[]; readonly present: boolean; readonly body: Body },
  ): Promise<void>;
}

/** A store takes so many in one commit. Each part is whole; who is interrupted sends all of them again. */
const documentsAtOnce = 50;

export const openDocuments = (
  { store, clock, uuid }: { readonly store: Store; readonly clock: () => Date; readonly uuid: () => string },
  profile: Profile,
  provider: string,
): Documents => {
  const { service } = profile;

  /** Events without their time and their id. */
  type Told = Pick<EventDraft, "type" | "subject" | "version" | "data">;

  const unit = (caller: Caller, target: string, writes: readonly Write[], events: readonly Told[]): Unit => {
    const time = clock().toISOString();
    return {
      account: caller.account.id,
      writes,
      audit: auditDraft(caller, `${provider}/${target}`, time),
      events: events.map((event) => ({ id: uuid(), time, ...event })),
    };
  };

  const told = <Body>(
    type: EventDraft["type"],
    { name, told: tell }: DocumentKind<Body>,
    { id, version }: Pick<DocumentRecord, "id" | "version">,
    body: Body,
    more: object = {},
  ): Told => ({
    type,
    subject: `${name}/${provider}/${id}`,
    version,
    data: { provider, id, ...tell(body), ...more },
  });

  const updated = ({ key: { id, name, status, version } }: KeyRecord): Told => ({
    type: "key.updated",
    subject: `${provider}/${id}`,
    version,
    data: { provider, id, name, status },
  });

  const find = async (caller: Caller, region: string, kind: string, id: string): Promise<DocumentRecord> => {
    const found = await store.readDocument(caller.account.id, provider, kind, id);
    if (found !== undefined && found.region === region) return found;
    throw new Refusal("not_found", `The specified ${kind} does not exist.`, { reason: kind });
  };

  const findKey = async (caller: Caller, region: string, id: string): Promise<KeyRecord> => {
    const record = (await store.readKey(caller.account.id, service, id))?.record;
    if (record !== undefined && record.key.provider === provider && record.region === region) return record;
    throw new Refusal("not_found", "One of the specified keys does not exist.");
  };

  type Limited = Pick<DocumentKind<unknown>, "name" | "max">;

  const count = (caller: Caller, kind: Limited, by: number): Write => ({
    type: "count",
    account: caller.account.id,
    counter: `${kind.name}/${provider}`,
    by,
    min: 0,
    max: kind.max,
  });

  const record = (
    caller: Caller,
    region: string,
    kind: string,
    id: string,
    body: unknown,
  ): DocumentRecord => ({
    account: caller.account.id,
    provider,
    kind,
    id,
    region,
    version: 1,
    body,
  });

  /** With another `native`, and only those where it differs. */
  const changedKeys = (before: readonly KeyRecord[], after: readonly Key[]): readonly KeyRecord[] =>
    before.flatMap((one, place): readonly KeyRecord[] => {
      const native = after[place]?.native;
      if (native === undefined || native === one.key.native) return [];
      const key = { ...one.key, native: parseInput(profile.native, native), version: one.key.version + 1 };
      return [{ ...one, key, variant: profile.variantOf(key, one.materialKind) }];
    });

  const limitOf = (kind: Limited, error: unknown): unknown =>
    error instanceof StoreRefusal && error.reason === "limit"
      ? new Refusal("limit_reached", `The account already holds ${kind.max} of these, its maximum.`, {
          reason: kind.name,
        })
      : error;

  const ensureSome: Documents["ensure"] = (caller, region, kind, { ids, present, body }) =>
    decideAndWrite(async () => {
      const account = caller.account.id;
      const found = await Promise.all(ids.map((id) => store.readDocument(account, provider, kind.name, id)));
      const moved = ids.flatMap((id, place): readonly { readonly write: Write; readonly told: Told }[] => {
        const old = found[place];
        if (present === (old !== undefined)) return [];
        if (old === undefined) {
          const made = record(caller, region, kind.name, id, body);
          return [
            {
              write: { type: "insertDocument", record: made },
              told: told(kind.events.created, kind, made, body),
            },
          ];
        }
        const gone = { id, version: old.version + 1 };
        return [
          {
            write: { type: "deleteDocument", record: old, expectedVersion: old.version },
            told: told(kind.events.deleted, kind, gone, kind.parse(old.body)),
          },
        ];
      });
      if (moved.length === 0) return;
      const writes = [
        count(caller, kind, present ? moved.length : -moved.length),
        ...moved.map(({ write }) => write),
      ];
      const events = moved.map((one) => one.told);
      await store.commit(unit(caller, kind.name, writes, events)).catch((error: unknown) => {
        // Another caller brought one of them here in between: that is what was wanted.
        if (error instanceof StoreRefusal && error.reason === "exists")
          throw new StoreRefusal("conflict", error.write);
        throw limitOf(kind, error);
      });
    });

  return {
    create: async (caller, region, kind, id, body) => {
      const made = record(caller, region, kind.name, id, body);
      const writes: readonly Write[] = [count(caller, kind, 1), { type: "insertDocument", record: made }];
      const events = [told(kind.events.created, kind, made, body)];
      await store.commit(unit(caller, id, writes, events)).catch((error: unknown) => {
        throw limitOf(kind, error);
      });
    },

    read: async (caller, region, kind, id) => kind.parse((await find(caller, region, kind.name, id)).body),

    list: async (caller, region, kind) => {
      const found = await store.listDocuments(caller.account.id, provider, kind.name, region);
      return found.map(({ id, body }) => ({ id, body: kind.parse(body) }));
    },

    change: (caller, region, kind, id, { event, keyIds }, decide) =>
      decideAndWrite(async () => {
        const found = await find(caller, region, kind.name, id);
        const before = await Promise.all(keyIds.map((keyId) => findKey(caller, region, keyId)));
        const { body, keys } = decide(
          kind.parse(found.body),
          before.map(({ key }) => key),
        );
        const changed = { ...found, body, version: found.version + 1 };
        const moved = changedKeys(before, keys);
        const writes: readonly Write[] = [
          { type: "replaceDocument", record: changed, expectedVersion: found.version },
          ...moved.map((record): Write => {
            return { type: "replaceKey", record, expectedVersion: record.key.version - 1 };
          }),
        ];
        const more = keyIds.length === 0 ? {} : { keys: keyIds };
        const events = [told(event, kind, changed, body, more), ...moved.map(updated)];
        await store.commit(unit(caller, id, writes, events));
        return body;
      }),

    remove: (caller, region, kind, id, check) =>
      decideAndWrite(async () => {
        const found = await find(caller, region, kind.name, id);
        const body = kind.parse(found.body);
        check(body);
        const writes: readonly Write[] = [
          { type: "deleteDocument", record: found, expectedVersion: found.version },
          count(caller, kind, -1),
        ];
        const gone = { id, version: found.version + 1 };
        await store.commit(unit(caller, id, writes, [told(kind.events.deleted, kind, gone, body)]));
      }),

    ensure: async (caller, region, kind, { ids, ...wanted }) => {
      for (let start = 0; start < ids.length; start += documentsAtOnce) {
        await ensureSome(caller, region, kind, { ...wanted, ids: ids.slice(start, start + documentsAtOnce) });
      }
    },
  };
};
