import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord, StoredEvent } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import { type Endpoint, owner, wants } from "./endpoint.ts";

/**
 * How far an endpoint has got in its account's log. A change writes its events once, however many endpoints there are;
 * each of them goes through the log at its own pace. Apart from the endpoint, whose version is its owner's to change.
 */
export const cursorKind = "webhook-cursor";

const cursorBody = z.strictObject({
  /** Up to here all is handed over. */
  position: z.int(),
  /** Beyond it, what is handed over already: others before these were not begun. */
  done: z.array(z.int()),
});

export interface Cursor extends z.infer<typeof cursorBody> {
  readonly account: AccountId;
  readonly endpoint: string;
  readonly version: number;
  /** When it is looked at: always over for one that waits for events, the end of the lease of one that is sent. */
  readonly due: string | undefined;
}

export const cursorOf = ({ account, id, version, due, body }: DocumentRecord): Cursor => ({
  account,
  endpoint: id,
  version,
  due,
  ...cursorBody.parse(body),
});

export const cursorRecord = ({ account, endpoint, version, due, ...body }: Cursor): DocumentRecord => ({
  account,
  provider: owner,
  kind: cursorKind,
  id: endpoint,
  region: "",
  version,
  body,
  ...(due !== undefined && { due }),
});

/** It comes and goes with its endpoint. */
export const readCursor = async (
  store: Pick<Store, "readDocument">,
  { account, id }: Pick<Endpoint, "account" | "id">,
): Promise<DocumentRecord> => {
  const found = await store.readDocument(account, owner, cursorKind, id);
  if (found === undefined) throw new StoreRefusal("missing", "replaceDocument");
  return found;
};

/** What of a stretch of the log is sent next: wanted, not sent yet, so many at most; and where it ends. */
export interface Stretch {
  readonly events: readonly StoredEvent[];
  readonly end: number;
}

/** An event about an endpoint is for the others: its own would be told by what it does not take. */
const isAbout = ({ subject }: StoredEvent, endpoint: string): boolean => subject === `webhook/${endpoint}`;

export const nextStretch = (
  log: readonly StoredEvent[],
  { position, done }: Pick<Cursor, "position" | "done">,
  endpoint: Pick<Endpoint, "id" | "types">,
  most: number,
): Stretch => {
  const sent = new Set(done);
  const wanted = log.filter(
    (event) => wants(endpoint, event.type) && !isAbout(event, endpoint.id) && !sent.has(event.seq),
  );
  const events = wanted.slice(0, most);
  const end = wanted.length > most ? events.at(-1)?.seq : log.at(-1)?.seq;
  return { events, end: end ?? position };
};

/** Where the cursor stands once some of a stretch were sent: before the first that was not. */
export const movedOver = (
  { events, end }: Stretch,
  isSent: (event: StoredEvent) => boolean,
  before: readonly number[],
): Pick<Cursor, "position" | "done"> => {
  const first = events.find((event) => !isSent(event));
  const position = first === undefined ? end : first.seq - 1;
  const sent = events.filter(isSent).map(({ seq }) => seq);
  return { position, done: [...before, ...sent].filter((seq) => seq > position) };
};
