import { afterAll, beforeAll, expect, it } from "vitest";
import { operations } from "../../functions/operations.ts";
import { type Pair, startPair } from "../support/upstream.ts";
import { type Described, described, misfit } from "./support/described.ts";

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

/** What stands in braces in an example: made anew for each, because some of them end what they are about. */
const fill = async (): Promise<Readonly<Record<string, string>>> => {
  const { facade } = pair;
  const credential = await facade.call("POST", "/v1/credentials", { name: "example", role: "viewer" });
  const presented = await facade.create("aione");
  const { value } = presented.material as unknown as { readonly value: string };
  const verdict = await facade.call("POST", "/v1/verify", { key: value });
  return {
    secret: value,
    verification: (verdict.body as { requestId: string }).requestId,
    key: (await facade.create("tokenhub")).key.id,
    aioneKey: (await facade.create("aione")).key.id,
    credential: (credential.body as { credential: { id: string } }).credential.id,
    upstream: "apigateway-real",
    rotation: await rotation(),
  };
};

/** One that takes its time: a real system's, with a grace. */
const rotation = async (): Promise<string> => {
  const { key } = await pair.facade.create("apigateway-real");
  await pair.facade.call("POST", `/v1/keys/apigateway-real/${key.id}/rotate`, { grace: 60 });
  const { items } = (await pair.facade.call("GET", "/v1/rotations?limit=1")).body as {
    items: { id: string }[];
  };
  return items[0]?.id ?? "";
};

const filled = (value: unknown, names: Readonly<Record<string, string>>): unknown =>
  JSON.parse(
    (JSON.stringify(value) ?? "null").replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole),
  );

const urlOf = ({ path, parameters }: Described, names: Readonly<Record<string, string>>): string => {
  const given = parameters.filter(({ example }) => example !== undefined);
  const value = (name: string): string =>
    String(filled(given.find((one) => one.name === name)?.example, names));
  const query = given
    .filter((one) => one.in === "query")
    .map(({ name }): [string, string] => [name, value(name)]);
  const tail = query.length === 0 ? "" : `?${new URLSearchParams(query)}`;
  return `${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(value(name)))}${tail}`;
};

it("there is one of every operation", () => {
  expect(described.map((one) => one.operationId).toSorted()).toEqual(
    operations.map(({ name }) => name).toSorted(),
  );
});

it.each(described.map((one) => [one.operationId, one] as const))(
  "the example of %s works, and its reply is as described",
  async (name, one) => {
    const names = await fill();
    const needsMatch = one.parameters.some((parameter) => parameter.name === "If-Match");
    const asProxy = one.security?.some((way) => "proxy" in way && "callersBearer" in way);
    const reply = await pair.facade.call(
      one.method,
      urlOf(one, names),
      one.body === undefined ? undefined : filled(one.body.example ?? {}, names),
      {
        headers: {
          ...(needsMatch && { "if-match": "*" }),
          ...(asProxy && {
            "x-keyway-token": pair.keyway.root.token,
            authorization: `Bearer ${names.secret}`,
          }),
        },
      },
    );
    expect([reply.status, reply.text]).toEqual([one.status, expect.any(String)]);
    const operation = operations.find((known) => known.name === name);
    if (operation?.forwarded !== true) {
      expect(operation?.reply.safeParse(reply.body)).toMatchObject({ success: true });
    }
    if (one.reply === undefined) expect(reply.text).toBe("");
    else expect(misfit(one.reply, reply.body)).toBeUndefined();
  },
);
