import { afterAll, beforeAll, expect, it } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** `If-Match` is `*` or a list of validators, compared as texts, weak ones never equal (RFC 9110, sections 8.8.3, 13.1.1). */

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const changes = [
  ["PATCH", "", { tags: { a: "b" } }],
  ["POST", "/disable", undefined],
  ["POST", "/rotate", {}],
  ["DELETE", "?confirm={id}", undefined],
] as const;

/** What each way to change a key of version 1 answers under a header. */
const answersUnder = async (header: string, ways: typeof changes | readonly (typeof changes)[0][]) => {
  const { id } = (await facade.create("aione")).key;
  const headers = { "if-match": header };
  const answers: unknown[] = [];
  for (const [method, tail, body] of ways) {
    const path = `/v1/keys/aione/${id}${tail.replace("{id}", id)}`;
    const reply = await facade.call(method, path, body, { headers });
    answers.push(reply.status === 412 ? (reply.body as { code: string }).code : reply.status);
  }
  return answers;
};

it.each(['"1"', "*", '"7", "1"', '"1","7"', 'W/"1", "1"', '"of-another", "1"', '"a,b", "1"'])(
  "If-Match: %s names version 1",
  async (header) => {
    expect(await answersUnder(header, [changes[0]])).toEqual([200]);
  },
);

it.each([
  '"01"',
  '"1.0"',
  '"1e0"',
  '"+1"',
  '" 1"',
  '"0x1"',
  '""',
  'W/"1"',
  "1",
  '"7", "8"',
  '"01", W/"1"',
  '"2"',
  '"1',
  '"9007199254740993"',
])("If-Match: %s names none that is there, whatever the change", async (header) => {
  expect(await answersUnder(header, changes)).toEqual(changes.map(() => "version_mismatch"));
});
