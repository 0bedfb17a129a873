import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  auditHeadPlace,
  keyPlace,
  listPartition,
  masterPlace,
  presentedPlace,
} from "../../lib/store/dynamodb/places.ts";
import { keyOf, type Place, textOf } from "../../lib/store/dynamodb/row.ts";
import { openTable, type Table } from "../../lib/store/dynamodb/table.ts";
import { startCloud, stubCloud, type TestCloud } from "../support/cloud.ts";
import { callFacade } from "../support/facade.ts";
import { rootAccount, rootVariables, startKeyway, type TestKeyway } from "../support/keyway.ts";
import { spawnServer } from "../support/process.ts";

/**
 * Rows as another version may have written them. What is missing is never guessed: the call fails, the log names the row,
 * nothing is changed, and no key is good because of it.
 */

let cloud: TestCloud;
let keyway: TestKeyway;
let table: Table;
let admin: DynamoDBClient;
beforeAll(async () => {
  cloud = await startCloud();
  stubCloud(cloud);
  keyway = await startKeyway({ env: { ...cloud.variables } });
  table = openTable(cloud.engine.calls(), cloud.variables.KEYWAY_TABLE ?? "");
  admin = new DynamoDBClient({});
});
afterAll(async () => {
  await keyway.stop();
  admin.destroy();
  table.close();
  vi.unstubAllEnvs();
  await cloud.stop();
});

interface Made {
  readonly id: string;
  readonly token: string;
}

const made = async (): Promise<Made> => {
  const { body } = await callFacade(keyway, "POST", "/v1/keys", { body: { provider: "aione", name: "old" } });
  const { key, material } = body as { key: { id: string }; material: { value: string } };
  return { id: key.id, token: material.value };
};
const verify = async (key: string) =>
  callFacade(keyway, "POST", "/v1/verify?scope=partial", { body: { key, ip: "192.0.2.1" } });
const disable = ({ id }: Made) => callFacade(keyway, "POST", `/v1/keys/aione/${id}/disable`);

const without = async (place: Place, name: string): Promise<void> => {
  await admin.send(
    new UpdateItemCommand({
      TableName: table.name,
      Key: keyOf(place),
      UpdateExpression: "REMOVE #name",
      ExpressionAttributeNames: { "#name": name },
    }),
  );
};

type Document = Record<string, unknown>;

/** In a row's document, which has no attributes of its own. */
const changed = async (place: Place, name: string, change: (document: never) => unknown): Promise<void> => {
  const [row] = await table.get([place]);
  if (row === undefined) throw new Error("there is no such row");
  await table.update({
    place,
    UpdateExpression: "SET #name = :value",
    ExpressionAttributeNames: { "#name": name },
    ExpressionAttributeValues: {
      ":value": { S: JSON.stringify(change(JSON.parse(textOf(row, name)) as never)) },
    },
  });
};

const headOf = () => keyway.house.store.readAuditHead(rootAccount);

it.each(["doc", "secrets", "aliases", "seq", "rev"])(
  "a key without its %s is not changed, and told by name in the log",
  async (name) => {
    const key = await made();
    await without(keyPlace(rootAccount, "aione", key.id), name);
    const before = await headOf();
    const { status, body, text } = await disable(key);
    expect({ status, body }).toMatchObject({ status: 500, body: { code: "unreadable", retryable: false } });
    expect(text).not.toContain(key.id);
    expect(await headOf()).toEqual(before);
    expect(keyway.log()).toContain(`${key.id} has no ${name}: another version of Keyway wrote it`);
    // Its neighbours go on.
    expect(await disable(await made())).toMatchObject({ status: 200 });
  },
);

it.each(["status", "expiresAt", "ipAllowlist", "scope", "limits", "owner"])(
  "a presented key without its %s is not valid",
  async (name) => {
    const { token } = await made();
    expect((await verify(token)).body).toMatchObject({ valid: true });
    const place = presentedPlace(rootAccount, keyway.house.vault.digest(token));
    await changed(place, "holders", (holders: readonly { record: { key: Document } }[]) =>
      holders.map(({ record, ...rest }) => ({
        ...rest,
        record: { ...record, key: { ...record.key, [name]: undefined } },
      })),
    );
    expect((await verify(token)).body).not.toMatchObject({ valid: true });
  },
);

it("a secret of which nobody knows until when it holds is not valid, and neither is a row without any", async () => {
  const { token } = await made();
  const place = presentedPlace(rootAccount, keyway.house.vault.digest(token));
  await changed(place, "holders", (holders: readonly Document[]) =>
    holders.map((holder) => ({ ...holder, until: undefined })),
  );
  expect((await verify(token)).body).toMatchObject({ valid: false, code: "NOT_FOUND" });
  await without(place, "holders");
  expect(await verify(token)).toMatchObject({ status: 500, body: { code: "unreadable" } });
  const forwarded = await fetch(`${keyway.url}/v1/verify`, {
    headers: { "x-keyway-token": keyway.root.token, authorization: `Bearer ${token}` },
  });
  expect([forwarded.status, forwarded.headers.get("x-keyway-status")]).toEqual([500, "INTERNAL"]);
});

it("what is not JSON is told like what is missing, and nothing of it is in the log", async () => {
  const key = await made();
  await table.update({
    place: keyPlace(rootAccount, "aione", key.id),
    UpdateExpression: "SET secrets = :value",
    ExpressionAttributeValues: { ":value": { S: "{cut-off-in-the-middle" } },
  });
  expect(await disable(key)).toMatchObject({ status: 500, body: { code: "unreadable" } });
  const batch = { operations: [{ op: "disable", provider: "aione", id: key.id }] };
  expect((await callFacade(keyway, "POST", "/v1/keys:batch", { body: batch })).text).toContain("unreadable");
  expect(keyway.log().split(`${key.id} has no secrets`)).toHaveLength(3);
  expect(keyway.log()).not.toContain("cut-off");
});

describe("the format of a table", () => {
  const setFormat = (format: string | undefined) =>
    table.update({
      place: masterPlace,
      UpdateExpression: format === undefined ? "REMOVE #format" : "SET #format = :format",
      ExpressionAttributeNames: { "#format": "format" },
      ...(format !== undefined && { ExpressionAttributeValues: { ":format": { N: format } } }),
    });
  const opened = () => startKeyway({ env: { ...cloud.variables }, root: keyway.root });
  const row = async () => (await table.get([masterPlace]))[0]?.fields;

  it("is written with its first row", async () => {
    expect(await row()).toMatchObject({ format: 1 });
  });

  it("is the first where no number is, and the next writing of the row names it", async () => {
    await setFormat(undefined);
    await (await opened()).stop();
    const { store } = keyway.house;
    await store.setMasterId((await store.readMasterId()) ?? "");
    expect(await row()).toMatchObject({ format: 1 });
  });

  it("that is newer is refused at the start and by who rotates, in words, and stays as it is", async () => {
    await setFormat("2");
    const before = await row();
    const words = `The table ${table.name} has format 2, and this version of Keyway knows formats up to 1. A newer version wrote it: start that one, or a later one. Nothing was changed.`;
    await expect(opened()).rejects.toThrow(words);
    await expect(keyway.house.store.setMasterId("another")).rejects.toThrow(words);
    expect(await row()).toEqual(before);
    const server = spawnServer({ ...cloud.variables, ...rootVariables(keyway.root) });
    expect(await server.exited).toBe(1);
    expect(server.stderr()).toBe(`keyway did not start: ${words}\n`);
    await setFormat("1");
  });
});

it("a list that cannot be read says so", async () => {
  await made();
  for await (const { place } of table.query({ pk: listPartition(rootAccount, "aione", "") })) {
    await without(place, "status");
  }
  expect((await callFacade(keyway, "GET", "/v1/keys")).body).toMatchObject({
    items: [],
    warnings: [{ provider: "aione", code: "unreadable" }],
  });
});

it("what a newer version added is left alone by who reads", async () => {
  const key = await made();
  await table.update({
    place: keyPlace(rootAccount, "aione", key.id),
    UpdateExpression: "SET added = :value",
    ExpressionAttributeValues: { ":value": { M: { of: { BOOL: true } } } },
  });
  expect((await callFacade(keyway, "GET", `/v1/keys/aione/${key.id}`)).status).toBe(200);
});

it("an account whose chain has no end changes nothing more", async () => {
  const key = await made();
  await without(auditHeadPlace(rootAccount), "hash");
  expect((await disable(key)).status).toBe(500);
  expect((await verify(key.token)).body).toMatchObject({ valid: true });
});
