import { createHmac, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway } from "../../support/keyway.ts";
import { type LeakWorld, standardHeaders, startLeakWorld } from "../../support/leaks.ts";
import { tokenOf, verifierOf } from "../../support/verify-client.ts";

/** What each sender may send, and what happens to what is wrong, old, sent again or cut short. */

let world: LeakWorld;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  world = await startLeakWorld();
  facade = facadeOf(world.keyway);
});
afterAll(() => world.stop());

const codeOf = async (key: string): Promise<string> =>
  (await verifierOf(world.keyway).verify({ key }, { query: "?scope=partial" })).code;
const seconds = (): number => Math.floor(Date.now() / 1000);
const doorPaths = [
  "/webhooks/github/secret-scanning",
  "/webhooks/github/repository",
  "/webhooks/gitlab",
  "/webhooks/gitguardian",
  "/webhooks/reports",
];

describe.each(doorPaths)("%s", (path) => {
  it("takes nothing that is not signed, and says no more than that", async () => {
    const made = await facade.create("aione");
    const body = JSON.stringify([{ token: tokenOf(made), type: "t", url: "" }]);
    const reply = await world.post(path, body);
    expect([reply.status, reply.body]).toMatchObject([401, { code: "signature_mismatch" }]);
    expect(await codeOf(tokenOf(made))).toBe("VALID");
  });

  it("takes POST alone, JSON alone, and up to 1 MB", async () => {
    const method = await fetch(`${world.keyway.url}${path}`, { method: "PUT", body: "{}" });
    expect([method.status, method.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    const options = await fetch(`${world.keyway.url}${path}`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "POST, OPTIONS"]);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", ""]) {
      expect((await world.post(path, "{}", { "content-type": type })).status).toBe(415);
    }
    for (const size of [1024 * 1024 + 1, 10 * 1024 * 1024]) {
      const large = await world.post(path, "x".repeat(size));
      expect([large.status, large.body]).toMatchObject([413, { code: "body_too_large" }]);
    }
  });

  it("is not there for a sender that is not configured", async () => {
    const plain = await startKeyway();
    const [door, nothing] = await Promise.all(
      [path, "/webhooks/none"].map(async (one) => {
        const reply = await fetch(`${plain.url}${one}`, { method: "POST", body: "{}" });
        const { requestId: _, ...problem } = (await reply.json()) as Record<string, unknown>;
        return { status: reply.status, problem };
      }),
    );
    expect(door).toEqual(nothing);
    expect(door?.status).toBe(404);
    await plain.stop();
  });
});

describe("GitHub's secret scanning", () => {
  it("is told which matches were tokens: each once, by hash, in lower-case labels", async () => {
    const made = await facade.create("aione");
    const match = { token: tokenOf(made), type: "aione_key", url: "https://example.com/", source: "commit" };
    const stranger = { token: "some_token", type: "some_type", url: "", source: "a_new_source", more: [1] };
    const reply = await world.fromGithub([match, stranger, match]);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual([
      {
        token_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        token_type: "aione_key",
        label: "true_positive",
      },
      {
        token_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        token_type: "some_type",
        label: "false_positive",
      },
    ]);
  });

  it("is the body as it came: spaces and escapes count", async () => {
    const made = await facade.create("aione");
    const body = ` [ {"token" : ${JSON.stringify(tokenOf(made))}, "type":"\\u0061", "url" : null } ]\n`;
    const headers = {
      "github-public-key-identifier": world.github.keyId,
      "github-public-key-signature": world.github.sign(body),
    };
    expect((await world.post(doorPaths[0] ?? "", body.trim(), headers)).status).toBe(401);
    expect(await codeOf(tokenOf(made))).toBe("VALID");
    expect((await world.post(doorPaths[0] ?? "", body, headers)).status).toBe(200);
    expect(await codeOf(tokenOf(made))).toBe("DISABLED");
  });

  it.each([
    ["an object", {}],
    ["nothing in it", []],
    ["a match that is none", ["token"]],
    ["no token", [{ type: "t", url: "" }]],
    ["an empty token", [{ token: "", type: "t" }]],
    ["a token that is no text", [{ token: { a: 1 }, type: "t" }]],
  ])("%s is refused by name, although it is signed", async (_, matches) => {
    expect((await world.fromGithub(matches)).status).toBe(422);
  });

  it("what is signed and is no JSON is malformed", async () => {
    for (const body of ["", "[", '{"a":"\ud800"}', "\u0000"]) {
      const headers = {
        "github-public-key-identifier": world.github.keyId,
        "github-public-key-signature": world.github.sign(body),
      };
      expect([400, 422]).toContain((await world.post(doorPaths[0] ?? "", body, headers)).status);
    }
  });

  it.each([
    ["no signature", { "github-public-key-signature": "" }],
    ["no key", { "github-public-key-identifier": "" }],
    ["a key that GitHub does not publish", { "github-public-key-identifier": "0".repeat(64) }],
    ["a signature of nothing", { "github-public-key-signature": Buffer.alloc(70).toString("base64") }],
  ])("%s is refused", async (_, headers) => {
    const made = await facade.create("aione");
    const reply = await world.fromGithub([{ token: tokenOf(made), type: "t", url: "" }], headers);
    expect([reply.status, await codeOf(tokenOf(made))]).toEqual([401, "VALID"]);
  });

  it("hundreds of matches in one body are all looked at", async () => {
    const made = await facade.create("aione");
    const strangers = Array.from({ length: 300 }, (_, place) => ({
      token: `tok_${place}`,
      type: "t",
      url: "",
    }));
    const reply = await world.fromGithub([...strangers, { token: tokenOf(made), type: "t", url: "" }]);
    expect(reply.status).toBe(200);
    expect(reply.body).toHaveLength(301);
    expect(await codeOf(tokenOf(made))).toBe("DISABLED");
  });
});

describe("GitHub's repository webhooks", () => {
  const event = (number: number, action = "created", repository = "octocat/Hello-World") => ({
    action,
    alert: {
      number,
      html_url: `https://github.com/${repository}/security/${number}`,
      secret_type: "aione_key",
    },
    repository: { full_name: repository },
    sender: { login: "octocat" },
  });

  it("an alert's secret is read where the configuration says, and acts", async () => {
    const made = await facade.create("aione");
    world.github.alerts.set("octocat/Hello-World#7", tokenOf(made));
    expect((await world.fromRepository(event(7))).status).toBe(202);
    expect(await codeOf(tokenOf(made))).toBe("DISABLED");
    expect(world.github.alertCalls).toContain("/repos/octocat/Hello-World/secret-scanning/alerts/7");
  });

  it("an alert whose secret cannot be read is a finding of the operator, once", async () => {
    const { store } = world.keyway.house;
    const findings = () =>
      store.listDocumentsBackwards("100000000001" as never, "", "finding", { before: null, limit: 100 });
    const before = (await findings()).length;
    for (let time = 0; time < 3; time++) {
      expect((await world.fromRepository(event(404, time === 0 ? "created" : "reopened"))).status).toBe(202);
    }
    const found = await findings();
    expect(found).toHaveLength(before + 1);
    expect(found.map(({ body }) => body)).toContainEqual(
      expect.objectContaining({
        type: "leak.hash_only",
        fix: { method: "POST", path: "/v1/leaks", body: { key: null }, fill: ["key"] },
      }),
    );
    const hygiene = await facade.call("GET", "/v1/hygiene?rule=reported");
    expect((hygiene.body as { items: { fix: unknown }[] }).items.map(({ fix }) => fix)).toContainEqual({
      method: "POST",
      path: "/v1/leaks",
      ifMatch: null,
      body: { key: null },
      fill: ["key"],
    });
    const { body } = await facade.call("GET", "/v1/leaks?limit=1");
    expect(body).toMatchObject({ items: [{ outcome: "unresolved", source: "github-repository", count: 3 }] });
  });

  it("does not go where the webhook leads it", async () => {
    const calls = world.github.alertCalls.length;
    for (const repository of [
      "../../keys",
      "octocat/..",
      "octocat/x?y=",
      "a/b/c",
      "octocat/x#",
      "./x",
      "@evil/x y",
    ]) {
      expect((await world.fromRepository(event(1, "created", repository))).status).toBe(202);
    }
    expect(world.github.alertCalls).toHaveLength(calls);
  });

  it("other events, and what else happens to an alert, are taken and do nothing", async () => {
    const made = await facade.create("aione");
    world.github.alerts.set("octocat/Hello-World#9", tokenOf(made));
    for (const action of ["resolved", "validated", "a_new_one"]) {
      expect((await world.fromRepository(event(9, action))).status).toBe(202);
    }
    expect((await world.fromRepository({ zen: "…" }, { "x-github-event": "ping" })).status).toBe(202);
    expect(await codeOf(tokenOf(made))).toBe("VALID");
  });

  it("a changed body, another secret, SHA-1 alone are refused", async () => {
    const body = JSON.stringify(event(7));
    const sha1 = `sha1=${createHmac("sha1", world.secrets.hub).update(body).digest("hex")}`;
    const other = `sha256=${createHmac("sha256", "x".repeat(48)).update(body).digest("hex")}`;
    for (const headers of [
      { "x-hub-signature": sha1, "x-hub-signature-256": "" },
      { "x-hub-signature-256": other },
      { "x-hub-signature-256": sha1 },
    ]) {
      expect((await world.fromRepository(event(7), headers)).status).toBe(401);
    }
  });
});

describe("GitLab", () => {
  it("is known by its token, or by its signature", async () => {
    const [one, two] = [await facade.create("aione"), await facade.create("aione")];
    expect(
      (await world.fromGitlab([{ type: "t", token: tokenOf(one), url: "https://example.com" }])).status,
    ).toBe(204);
    const body = JSON.stringify([
      { type: "gitleaks_rule_id_x", token: tokenOf(two), location: "https://example.com/a" },
    ]);
    const headers = standardHeaders(body, "msg_1", seconds(), world.secrets.webhook);
    expect((await world.post("/webhooks/gitlab", body, headers)).status).toBe(204);
    expect([await codeOf(tokenOf(one)), await codeOf(tokenOf(two))]).toEqual(["DISABLED", "DISABLED"]);
  });

  it("a wrong token, a cut one, a wrong signature beside a wrong token are refused", async () => {
    const leak = [{ type: "t", token: "x", url: "" }];
    for (const token of ["", world.secrets.gitlab.slice(1), `${world.secrets.gitlab}x`, world.secrets.hub]) {
      expect((await world.fromGitlab(leak, { "x-gitlab-token": token })).status).toBe(401);
    }
    const body = JSON.stringify(leak);
    const headers = standardHeaders(body, "msg_2", seconds(), `whsec_${randomBytes(32).toString("base64")}`);
    expect((await world.post("/webhooks/gitlab", body, headers)).status).toBe(401);
  });
});

describe("GitGuardian", () => {
  const incident = (id: number) => ({
    source: "GitGuardian",
    action: "incident_triggered",
    incident: {
      id,
      date: "2026-11-01T00:00:00Z",
      detector: { name: "aione_key" },
      secret_hash: "x",
      gitguardian_url: "https://dashboard.gitguardian.com/workspace/1/incidents/2",
    },
  });

  it("an incident, which carries hashes alone, is a finding of the operator", async () => {
    expect((await world.fromGitguardian(incident(5))).status).toBe(202);
    const { body } = await facade.call("GET", "/v1/leaks?limit=1");
    expect(body).toMatchObject({
      items: [{ source: "gitguardian", outcome: "unresolved", tokenType: "aione_key", fingerprint: null }],
    });
  });

  it("an incident is one event, in the commit of its report, and its finding says what to send, for 90 days", async () => {
    const { store } = world.keyway.house;
    const seq = await store.lastEventSeq(rootAccount);
    const entry = (await store.readAuditHead(rootAccount)).seq;
    expect((await world.fromGitguardian(incident(8))).status).toBe(202);
    expect((await world.fromGitguardian(incident(8))).status).toBe(202);
    const events = await store.readEvents(rootAccount, seq, 10);
    expect(events).toMatchObject([
      { type: "leak.unresolved", data: { source: "gitguardian", tokenType: "aione_key" } },
      {
        type: "finding.opened",
        data: { rule: "leak.hash_only", severity: "high", provider: null, key: null },
      },
    ]);
    expect((await store.readAuditHead(rootAccount)).seq - entry).toBe(1);
    const findings = async () =>
      (await facade.call("GET", "/v1/hygiene?rule=reported&limit=100")).body as {
        items: { fix: { path: string; body: unknown; fill: string[] } }[];
      };
    const [found] = (await findings()).items;
    expect(found?.fix).toMatchObject({ path: "/v1/leaks", body: { key: null }, fill: ["key"] });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 91 * 86_400_000 });
    try {
      expect((await findings()).items).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("its test message of another form is taken, and nothing of it is kept", async () => {
    const secret = `CANARY_${randomBytes(12).toString("hex")}`;
    const test = { action: "test", matches: [{ match: secret, name: "apikey" }], message: secret };
    expect((await world.fromGitguardian(test)).status).toBe(202);
    expect((await facade.call("GET", "/v1/leaks?limit=100")).text).not.toContain(secret);
    expect(world.keyway.log()).not.toContain(secret);
  });

  it("an old one, one from the future and one with another time are refused", async () => {
    const body = JSON.stringify(incident(6));
    const at = (timestamp: string) => ({
      timestamp,
      "gitguardian-signature": `sha256=${createHmac("sha256", `${timestamp}${world.secrets.gitguardian}`).update(body).digest("hex")}`,
    });
    for (const [headers, code] of [
      [at(`${seconds() - 400}`), "signature_expired"],
      [at(`${seconds() + 400}`), "signature_expired"],
      [{ ...at(`${seconds()}`), timestamp: `${seconds() + 1}` }, "signature_mismatch"],
      [{ ...at(`${seconds()}`), "gitguardian-signature": "sha256=" }, "signature_mismatch"],
    ] as const) {
      const reply = await world.post("/webhooks/gitguardian", body, headers);
      expect([reply.status, reply.body]).toMatchObject([401, { code }]);
    }
  });
});

describe("any scanner, by Standard Webhooks", () => {
  it("signs by the new secret or the old one", async () => {
    for (const secret of [world.secrets.webhook, world.secrets.oldWebhook]) {
      const made = await facade.create("aione");
      expect((await world.fromScanner([{ key: tokenOf(made) }], { secret })).status).toBe(202);
      expect(await codeOf(tokenOf(made))).toBe("DISABLED");
    }
  });

  it("an old, a future, a cut and a foreign signature are refused", async () => {
    const body = JSON.stringify({
      type: "leak.reported",
      timestamp: new Date().toISOString(),
      data: { leaks: [{ key: "k" }] },
    });
    const good = standardHeaders(body, "msg_3", seconds(), world.secrets.webhook);
    const refused = [
      standardHeaders(body, "msg_3", seconds() - 301, world.secrets.webhook),
      standardHeaders(body, "msg_3", seconds() + 310, world.secrets.webhook),
      { ...good, "webhook-signature": (good["webhook-signature"] ?? "").slice(0, -4) },
      { ...good, "webhook-id": "msg_4" },
      standardHeaders(body, "msg_3", seconds(), `whsec_${randomBytes(32).toString("base64")}`),
    ];
    for (const headers of refused)
      expect((await world.post("/webhooks/reports", body, headers)).status).toBe(401);
    expect((await world.post("/webhooks/reports", body, good)).status).toBe(202);
  });

  it.each([
    [{ key: "k", sha256: "0".repeat(64) }, "data.leaks.0.key"],
    [{}, "data.leaks.0.key"],
    [{ key: "k", secret: "s" }, "data.leaks.0.secret"],
    [{ key: { id: "i" } }, "data.leaks.0.key"],
    [{ sha256: "short" }, "data.leaks.0.sha256"],
    [{ key: "k", observedAt: "yesterday" }, "data.leaks.0.observedAt"],
  ])("%j is refused by name", async (leak, path) => {
    const reply = await world.fromScanner([leak]);
    expect(reply.status).toBe(422);
    expect((reply.body as { errors: { path: string }[] }).errors.map((one) => one.path)).toContain(path);
  });

  it("one hash at many places is a report of each, and one finding", async () => {
    const { store } = world.keyway.house;
    const page = { before: null, limit: 100 };
    const findings = () => store.listDocumentsBackwards(rootAccount, "", "finding", page);
    const before = (await findings()).length;
    const urls = Array.from({ length: 20 }, (_, place) => `https://example.com/place-${place}`);
    const leaks = urls.map((url) => ({ sha256: "b".repeat(64), url }));
    expect((await world.fromScanner(leaks)).status).toBe(202);
    const { items } = (await facade.call("GET", "/v1/leaks?limit=20")).body as { items: { url: string }[] };
    expect(items.map(({ url }) => url).toSorted()).toEqual(urls.toSorted());
    expect(await findings()).toHaveLength(before + 1);
  });

  it("a hash without its secret is a finding", async () => {
    expect((await world.fromScanner([{ sha256: "a".repeat(64), type: "x" }])).status).toBe(202);
    const { body } = await facade.call("GET", "/v1/leaks?limit=1");
    expect(body).toMatchObject({ items: [{ outcome: "unresolved", source: "webhook" }] });
  });
});
