import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { movedOver, nextStretch } from "../../lib/events/cursor.ts";
import { inOrder } from "../../lib/events/in-order.ts";
import { messageOf } from "../../lib/events/message.ts";
import type { StoredEvent } from "../../lib/store/port/records.ts";

const event = (seq: number, type: StoredEvent["type"], subject: string): StoredEvent => ({
  seq,
  id: `${seq}`,
  type,
  subject,
  time: "2026-01-01T00:00:00.000Z",
  version: seq,
  data: {},
});

/** With gaps between them, as a log has them. */
const logs = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("key.created" as const, "key.deleted" as const),
      fc.constantFrom("a/1", "a/2", "b/1", "webhook/me"),
    ),
    { maxLength: 60 },
  )
  .map((entries) => {
    let seq = 0;
    return entries.map(([gap, type, subject]) => {
      seq += gap;
      return event(seq, type, subject);
    });
  });

describe("an endpoint that goes through a log", () => {
  it("is sent each event that it wants once, and those of a subject in order, wherever it is stopped", async () => {
    await fc.assert(
      fc.asyncProperty(
        logs,
        fc.constantFrom<"all" | string[]>("all", ["key.deleted"]),
        fc.infiniteStream(fc.nat({ max: 9 })),
        fc.integer({ min: 1, max: 7 }),
        async (log, types, stops, most) => {
          const endpoint = { id: "me", types };
          const sent: StoredEvent[] = [];
          let cursor: { position: number; done: number[] } = { position: 0, done: [] };
          for (;;) {
            const read = log.filter(({ seq }) => seq > cursor.position).slice(0, 10);
            if (read.length === 0) break;
            const stretch = nextStretch(read, cursor, endpoint, most);
            // Each time stopped after some of them; at least one is begun, or nobody would get on.
            let left = 1 + (stops.next().value ?? 0);
            const outcomes = await inOrder({
              items: stretch.events,
              subject: ({ subject }) => subject,
              lanesMax: 3,
              isOver: () => left <= 0,
              run: async (one) => {
                left -= 1;
                sent.push(one);
                await new Promise((resolve) => setImmediate(resolve));
                return true;
              },
            });
            cursor = movedOver(stretch, (one) => outcomes.has(one), cursor.done);
            expect(cursor.done.length).toBeLessThanOrEqual(10);
          }
          const wanted = log.filter(
            ({ type, subject }) => subject !== "webhook/me" && (types === "all" || types.includes(type)),
          );
          expect(sent.map(({ seq }) => seq).toSorted((one, two) => one - two)).toEqual(
            wanted.map(({ seq }) => seq),
          );
          for (const own of Map.groupBy(sent, ({ subject }) => subject).values()) {
            const places = own.map(({ seq }) => seq);
            expect(places).toEqual(places.toSorted((one, two) => one - two));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a message", () => {
  it("of what is longer than receivers need to take tells where to read it", () => {
    const long = {
      ...event(7, "key.updated", "aione/1"),
      data: { provider: "aione", id: "1", name: "é".repeat(11_000) },
    };
    expect(JSON.parse(messageOf(long).body.toString("utf8"))).toEqual({
      type: "key.updated",
      timestamp: long.time,
      data: { subject: "aione/1", version: 7, omitted: true },
    });
    const short = { ...long, data: { provider: "aione", id: "1", version: 1 } };
    expect(JSON.parse(messageOf(short).body.toString("utf8")).data).toEqual({ ...short.data, version: 7 });
  });

  it.each([null, "text", 7, ["a"]])("of the data %j is still an object with a version", (data) => {
    const { body } = messageOf({ ...event(7, "key.updated", "aione/1"), data });
    expect(JSON.parse(body.toString("utf8")).data).toEqual({ version: 7 });
  });
});
