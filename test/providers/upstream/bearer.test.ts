import { afterEach, describe, expect, it } from "vitest";
import { aioneDialect } from "../../../lib/providers/aione/dialect.ts";
import { answering, effectsOf, failureOf, restOf, stopRealSystems, token } from "./real-system.ts";

afterEach(stopRealSystems);

const { refusals } = aioneDialect;
const options = { reads: false, timeoutMs: 10_000, refusals } as const;
const path = "/api/v1/gateway/keys";

describe("a REST call", () => {
  it("carries the token, and a body as JSON where there is one", async () => {
    const { endpoint, received } = await answering((_, reply) => void reply.end('{"id":"1"}'));
    const client = restOf(endpoint);
    const body = { name: "名 n" };
    expect(await client.call({ surface: "rest", method: "POST", path, body }, options)).toEqual({ id: "1" });
    await client.call({ surface: "rest", method: "GET", path }, options);
    expect(received).toMatchObject([
      { method: "POST", path, body: JSON.stringify(body), headers: { authorization: `Bearer ${token}` } },
      { method: "GET", path, body: "" },
    ]);
    expect(received.map(({ headers }) => headers["content-type"])).toEqual(["application/json", undefined]);
  });

  it.each([200, 201, 204])("answers nothing for a %i without a body", async (status) => {
    const { endpoint } = await answering((_, reply) => void reply.writeHead(status).end());
    expect(await restOf(endpoint).call({ surface: "rest", method: "DELETE", path }, options)).toBe(undefined);
  });

  it.each([
    [400, "answered"],
    [401, "answered"],
    [404, "answered"],
    [409, "answered"],
    [422, "answered"],
    [500, "unknown"],
    [502, "unknown"],
    [503, "unknown"],
  ] as const)("that changes something and is answered %i is %s, and sent once", async (status, kind) => {
    const { endpoint, received } = await answering(
      (_, reply) =>
        void reply.writeHead(status, { "x-request-id": "req-1", "retry-after": "0" }).end('{"detail":"x"}'),
    );
    const failure = await failureOf(restOf(endpoint).call({ surface: "rest", method: "PUT", path }, options));
    expect(failure).toMatchObject({ kind, code: `http_${status}`, status, requestId: "req-1" });
    expect(received).toHaveLength(1);
  });

  it("takes for a request id only what is one", async () => {
    const { endpoint } = await answering(
      (_, reply) => void reply.writeHead(400, { "x-request-id": `token was ${token}` }).end("{}"),
    );
    const failure = await failureOf(restOf(endpoint).call({ surface: "rest", method: "PUT", path }, options));
    expect(failure.requestId).toBe(null);
  });

  it("that reads is sent again through faults, after the advice", async () => {
    const { endpoint, received } = await answering((_, reply, count) => {
      if (count === 1) return void reply.destroy();
      if (count === 2) return void reply.writeHead(503, { "retry-after": "1" }).end();
      reply.end("[]");
    });
    const pauses: number[] = [];
    const call = { surface: "rest", method: "GET", path } as const;
    expect(await restOf(endpoint, effectsOf(pauses)).call(call, { ...options, reads: true })).toEqual([]);
    expect([received.length, pauses]).toEqual([3, [50, 1000]]);
  });
});

it.each(["<html>", "", "{}", '"detail"'])(
  "a 404 of %j is no word of the service, and proves nothing",
  async (text) => {
    const { endpoint } = await answering((_, reply) => void reply.writeHead(404).end(text));
    const call = { surface: "rest", method: "DELETE", path } as const;
    expect(await failureOf(restOf(endpoint).call(call, { ...options, reads: false }))).toMatchObject({
      kind: "unknown",
      code: "reply_unreadable",
    });
  },
);

it("a 404 is the word of a service in the form that this service has, and in no other", async () => {
  const bodies = ['{"detail":"x"}', '{"error":"x"}'];
  const { endpoint } = await answering((_, reply, count) => void reply.writeHead(404).end(bodies[count - 1]));
  const of = {
    reads: false,
    timeoutMs: 10_000,
    refusals: { isOwn: (body: unknown) => JSON.stringify(body).startsWith('{"error"') },
  };
  const call = { surface: "rest", method: "PATCH", path, body: {} } as const;
  expect((await failureOf(restOf(endpoint).call(call, of))).code).toBe("reply_unreadable");
  expect((await failureOf(restOf(endpoint).call(call, of))).code).toBe("http_404");
});

describe("a REST call that is passed on", () => {
  const forward = async (status: number) => {
    const { endpoint } = await answering((_, reply) => void reply.writeHead(status).end('{"detail":"x"}'));
    return restOf(endpoint).forward("GET", path, undefined, options);
  };

  it.each([200, 404, 409, 422, 429])("answers a %i as it came", async (status) => {
    expect(await forward(status)).toMatchObject({ status, text: '{"detail":"x"}' });
  });

  it.each([401, 403, 500])("does not pass on a %i, which is not about the caller", async (status) => {
    expect(await failureOf(forward(status))).toMatchObject({ code: `http_${status}` });
  });
});
