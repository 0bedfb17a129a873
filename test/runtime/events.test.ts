import { createSecretKey } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromReply, toRequest } from "../../lib/runtime/events.ts";
import { parseForm } from "../../lib/signing/form.ts";
import { parseAuthorization, verifyTc3 } from "../../lib/signing/tc3-verifier.ts";
import { verifyV1 } from "../../lib/signing/v1-verifier.ts";

/** Events as AWS documents them, with signatures from outside; where both come from stands beside the files. */

const folder = new URL("../vectors/events/", import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
const all = readdirSync(folder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);

const signedByTc3 = [
  "http-api-post",
  "http-api-get",
  "function-url-post",
  "rest-api-post",
  "rest-api-get",
  "direct-post",
] as const;
const foreign = ["load-balancer-get", "schedule", "queue"] as const;

/** Derived from the made-up SecretKey for that day and service, outside. */
const signingKey = createSecretKey("a686413cc86af2ab5c0c203a6038694590db55d6b7d277cf9d514281f500a2de", "hex");

const holds = (event: unknown): boolean => {
  const request = toRequest(event);
  const claim = parseAuthorization(request.headers.authorization ?? "");
  const timestamp = request.headers["x-tc-timestamp"] ?? "";
  if (claim === undefined) return false;
  return request.rawQueries.some((query) => verifyTc3({ ...request, query }, claim, timestamp, signingKey));
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

/** The event with one field set to something else, or without it. */
const altered = (value: unknown, path: readonly string[], to: unknown): unknown => {
  const [name, ...rest] = path;
  if (name === undefined) return to;
  const inner = altered(at(value, [name]), rest, to);
  const { [name]: _, ...others } = isObject(value) ? value : {};
  return inner === undefined ? others : { ...(isObject(value) ? value : {}), [name]: inner };
};

const bare = {
  method: "POST",
  path: "/",
  rawQueries: [""],
  headers: {},
  body: Buffer.alloc(0),
  bodyTooLarge: false,
  ip: "",
};

it("every vector is used", () => {
  expect(all.toSorted()).toEqual([...signedByTc3, "http-api-form", ...foreign].toSorted());
});

describe.each(signedByTc3)("%s", (name) => {
  const event = read(name);
  const headers = isObject(event) && isObject(event.headers) ? event.headers : {};
  const header = (lower: string): string[] => [
    "headers",
    Object.keys(headers).find((key) => key.toLowerCase() === lower) ?? lower,
  ];

  it("is the request that its client signed", () => {
    expect(holds(event)).toBe(true);
  });

  it("its parts are found", () => {
    const { method, path, headers, body, bodyTooLarge, ip } = toRequest(event);
    const post = name.endsWith("post");
    expect({ method, path, body: body.toString(), bodyTooLarge, ip }).toEqual({
      method: post ? "POST" : "GET",
      path: "/",
      body: post ? '{"Platform":"maas","ApiKeyId":"ak-20260320-a1b2c3d4"}' : "",
      bodyTooLarge: false,
      ip: name === "direct-post" ? "" : "203.0.113.7",
    });
    expect(headers).toMatchObject({
      host: "tokenhub.tencentcloudapi.com",
      "x-tc-action": post ? "DescribeApiKey" : "DescribeApiKeyList",
      "x-tc-version": "2026-03-22",
      "x-tc-region": "ap-guangzhou",
    });
  });

  /** The header as each form of the event has it; payload v1 has two. */
  const withHeader = (path: readonly string[], to: string | undefined): unknown =>
    altered(
      altered(event, path, to),
      ["multiValueHeaders", ...path.slice(1)],
      to === undefined ? undefined : [to],
    );

  it.each([
    ["the host", header("host"), "evil.example.com"],
    ["the content type", header("content-type"), "text/plain"],
    ["the timestamp", header("x-tc-timestamp"), "1780000001"],
    ["the signature", header("authorization"), undefined],
  ])("the signature does not hold with %s changed", (_, path, to) => {
    expect(at(event, path)).toBeDefined();
    expect(holds(withHeader(path, to))).toBe(false);
  });

  it.each(["host", "content-type", "authorization"])(
    "two spellings of %s are two lines, of which none is dropped",
    (lower) => {
      const value = String(at(event, header(lower)));
      const twice = altered(
        altered(event, ["headers", lower.toUpperCase()], "x"),
        ["multiValueHeaders"],
        undefined,
      );
      expect(toRequest(twice).headers[lower]).toBe(`${value}, x`);
      expect(holds(twice)).toBe(false);
    },
  );

  it("the spelling of header names does not matter", () => {
    const upper = Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toUpperCase(), value]),
    );
    expect(holds(altered(event, ["headers"], upper))).toBe(true);
  });

  it("what is not signed and not known is passed over", () => {
    for (const path of ["cookies", "queryStringParameters", "stageVariables"]) {
      expect(holds(altered(event, [path], ["anything"]))).toBe(true);
    }
  });

  it("one field of a wrong type makes it an event of no known shape, refused like an unsigned call", () => {
    const paths = [
      ["headers"],
      header("host"),
      ["body"],
      ["isBase64Encoded"],
      ["requestContext"],
      ...(name.startsWith("rest")
        ? [
            ["httpMethod"],
            ["path"],
            ["multiValueHeaders"],
            ["multiValueQueryStringParameters"],
            ["requestContext", "identity"],
          ]
        : [["version"], ["rawPath"], ["rawQueryString"], ["requestContext", "http"]]),
    ];
    for (const path of paths) expect(toRequest(altered(event, path, 7)), path.join(".")).toEqual(bare);
  });

  it("any JSON at any place does not crash it", () => {
    const fields = isObject(event) ? Object.keys(event) : [];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        toRequest(altered(event, [field], value));
      }),
    );
  });
});

describe("payload v2", () => {
  it.each(["http-api-post", "function-url-post"])("%s: the signature is over the body's bytes", (name) => {
    const event = read(name);
    expect(holds(altered(event, ["body"], "e30="))).toBe(false);
    const body = toRequest(event).body.toString("base64");
    expect(holds(altered(altered(event, ["body"], body), ["isBase64Encoded"], true))).toBe(true);
    expect(holds(altered(altered(event, ["body"], body), ["isBase64Encoded"], false))).toBe(false);
  });

  it("the signature is over the query as sent, not over the decoded copy beside it", () => {
    const event = read("http-api-get");
    const query = at(event, ["rawQueryString"]);
    expect(toRequest(event).rawQueries).toEqual([query]);
    expect(holds(altered(event, ["rawQueryString"], `${query}&Limit=20`))).toBe(false);
    expect(holds(altered(event, ["rawQueryString"], String(query).replace("%20", "+")))).toBe(false);
    expect(holds(altered(event, ["queryStringParameters", "Limit"], "100"))).toBe(true);
  });

  it("another method is another request", () => {
    expect(holds(altered(read("http-api-get"), ["requestContext", "http", "method"], "POST"))).toBe(false);
    expect(holds(altered(read("http-api-post"), ["requestContext", "http", "method"], "GET"))).toBe(false);
  });

  it("a form in base64 holds by signature v1", () => {
    const { method, path, headers, body } = toRequest(read("http-api-form"));
    const params = parseForm(body.toString("latin1"));
    if (params === undefined) throw new Error("not a form");
    const key = createSecretKey("VectorSecretKey0123456789abcdef01", "utf8");
    expect(verifyV1(method, headers.host ?? "", path, params, key)).toBe(true);
    expect(params.get("Filters.0.Values.1")).toBe("测试");
  });

  it("the gateway's own name stands in for a Host header that it dropped", () => {
    expect(holds(altered(read("http-api-post"), ["headers", "host"], undefined))).toBe(true);
    expect(holds(altered(read("direct-post"), ["headers", "Host"], undefined))).toBe(false);
  });

  it("what may be absent is empty", () => {
    const event = { version: "2.0", requestContext: { http: { method: "GET" } } };
    expect(toRequest(event)).toEqual({ ...bare, method: "GET" });
    expect(toRequest({ ...event, rawPath: "" })).toEqual({ ...bare, method: "GET" });
    const nulls = { ...event, headers: null, body: null, rawPath: null, rawQueryString: null };
    expect(toRequest(nulls)).toEqual({ ...bare, method: "GET" });
  });
});

describe("payload v1", () => {
  const event = read("rest-api-get");
  const parameters = "multiValueQueryStringParameters";
  const withQuery = (query: Record<string, readonly string[]>): unknown =>
    altered(event, [parameters], query);

  it("a space that its client sent as `+` is found too", () => {
    const authorization = String(at(event, ["headers", "Authorization"])).replace(
      /Signature=.*/,
      "Signature=d619cadf41caf621408b8e7171ee324ff95fbb3ea167d9c379f5e21466d8f510",
    );
    expect(holds(altered(event, ["headers", "Authorization"], authorization))).toBe(true);
  });

  it.each([
    ["a changed value", { Limit: ["21"] }],
    ["a repeated name", { Limit: ["20", "20"] }],
    ["one more name", { Extra: [""] }],
  ])("%s is refused", (_, more) => {
    const query = at(event, [parameters]);
    if (!isObject(query)) throw new Error("no query");
    expect(holds(altered(event, [parameters], { ...query, ...more }))).toBe(false);
  });

  it("the query is tried in the encodings of Node, Python and the documentation, as given and sorted as by Go", () => {
    expect(toRequest(withQuery({ b: ["it's (*) ü!"], a: ["1 ~"] })).rawQueries).toEqual([
      "b=it%27s%20(*)%20%C3%BC!&a=1%20~",
      "b=it%27s+%28%2A%29+%C3%BC%21&a=1+~",
      "b=it%27s%20%28%2A%29%20%C3%BC%21&a=1%20~",
      "a=1%20~&b=it%27s%20(*)%20%C3%BC!",
      "a=1+~&b=it%27s+%28%2A%29+%C3%BC%21",
      "a=1%20~&b=it%27s%20%28%2A%29%20%C3%BC%21",
    ]);
  });

  it("a plain query is tried once", () => {
    expect(toRequest(withQuery({ a: ["1"], b: [""] })).rawQueries).toEqual(["a=1&b="]);
  });

  it("a repeated name stays repeated", () => {
    expect(toRequest(withQuery({ a: ["1", "2"] })).rawQueries).toEqual(["a=1&a=2"]);
  });

  it("half a surrogate pair does not crash it", () => {
    expect(toRequest(withQuery({ a: ["\ud800"] })).rawQueries).toEqual(["a=%EF%BF%BD"]);
  });

  it("a line that came twice is joined, in whatever spellings, and so is what has no such list", () => {
    const lines = { "X-Api-Key": ["one", "two"], "x-api-key": ["three"], "X-None": [] };
    const single = { "X-Api-Key": "two", "x-api-key": "three", "X-None": "", Other: "four" };
    const both = altered(altered(event, ["headers"], single), ["multiValueHeaders"], lines);
    expect(toRequest(both).headers).toEqual({
      host: "tokenhub.tencentcloudapi.com",
      "x-api-key": "one, two, three",
      "x-none": "",
      other: "four",
    });
  });

  it("no query is an empty one", () => {
    expect(toRequest(read("rest-api-post")).rawQueries).toEqual([""]);
  });

  it("the HTTP API's own payload 1.0 is read as well", () => {
    expect(holds(altered(event, ["version"], "1.0"))).toBe(true);
  });
});

describe("an event of no known shape is a call without a signature", () => {
  it.each(foreign)("%s", (name) => {
    expect(toRequest(read(name))).toEqual(bare);
  });

  it.each([undefined, null, "", "text", 7, true, [], {}, { Action: "DeleteApiKey" }, { httpMethod: "POST" }])(
    "%j",
    (event) => {
      expect(toRequest(event)).toEqual(bare);
    },
  );

  it("whatever it is, it does not crash", () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        expect(toRequest(event)).toEqual(bare);
      }),
    );
  });
});

it("a reply has the fields that each payload version reads", () => {
  expect(fromReply({ status: 204, headers: { allow: "GET" }, body: "" })).toEqual({
    statusCode: 204,
    headers: { allow: "GET" },
    body: "",
  });
});
