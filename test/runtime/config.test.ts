import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { profiles } from "../../lib/providers/profiles.ts";
import { ConfigFault, readConfig } from "../../lib/runtime/config.ts";
import { namedVariables } from "../../lib/runtime/config-file.ts";
import { parts } from "../../lib/runtime/config-part.ts";
import { jsonFault } from "../../lib/runtime/json-fault.ts";
import { temporaryFolder } from "../support/keyway.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env, profiles, { placeOf: jsonFault });
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
};
const file = (value: unknown): Record<string, string> => {
  const path = join(folder, "keyway.json");
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return { KEYWAY_CONFIG: path };
};
const tlsFile = (name: string): string => join(import.meta.dirname, "../vectors/tls", name);
const secret = "s".repeat(24);
const root = { KEYWAY_ROOT_SECRET_ID: secret, KEYWAY_ROOT_SECRET_KEY: secret, KEYWAY_ROOT_TOKEN: secret };

it("without any variable: loopback, one embedded provider for each service, 20 calls a second", () => {
  expect(readConfig({}, profiles)).toEqual({
    host: "127.0.0.1",
    port: 8787,
    tls: undefined,
    behindProxy: false,
    dataFolder: "./.keyway",
    root: undefined,
    actionRps: 20,
    corsOrigins: [],
    leaks: {},
    verification: { limits: "exact", tokensPerCall: 1, keyHeader: null, trustedHops: 1 },
    webhooks: { networks: [] },
    providers: [
      { name: "tokenhub", service: "tokenhub", native: true, own: {} },
      { name: "apigateway", service: "apigateway", native: true, own: { plansMax: 200 } },
      { name: "csip", service: "csip", native: true, own: {} },
      { name: "aione", service: "aione", native: true, own: { rotateGraceSeconds: 86_400 } },
    ],
  });
});

describe("a host that others can reach", () => {
  it.each(["0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.evil.test"])(
    "%s is refused without TLS",
    (HOST) => {
      expect(faultsOf({ HOST })).toHaveLength(1);
      expect(faultsOf({ HOST, KEYWAY_BEHIND_PROXY: "1" })).toEqual([]);
      const [KEYWAY_TLS_CERT, KEYWAY_TLS_KEY] = [tlsFile("localhost.crt"), tlsFile("localhost.key")];
      expect(faultsOf({ HOST, KEYWAY_TLS_CERT, KEYWAY_TLS_KEY })).toEqual([]);
      expect(faultsOf({ HOST, KEYWAY_TLS_CERT })).toHaveLength(2);
      const absent = faultsOf({ HOST, KEYWAY_TLS_CERT: "none", KEYWAY_TLS_KEY });
      expect(absent).toEqual([expect.stringContaining("none")]);
    },
  );

  it.each(["127.0.0.1", "127.9.9.9", "localhost", "::1"])("%s is loopback", (HOST) => {
    expect(faultsOf({ HOST })).toEqual([]);
  });
});

describe("the root credential", () => {
  it("is set by three variables together", () => {
    expect(readConfig(root, profiles).root).toEqual({ secretId: secret, secretKey: secret, token: secret });
    const { KEYWAY_ROOT_TOKEN: _, ...two } = root;
    expect(faultsOf(two)).toEqual([expect.stringContaining("KEYWAY_ROOT_TOKEN")]);
  });

  it.each(["short", "with a space in the middle of it", "é".repeat(30), `${secret}\n`])(
    "refuses %j without repeating it",
    (text) => {
      const faults = faultsOf({ ...root, KEYWAY_ROOT_SECRET_KEY: text });
      expect(faults).toEqual([expect.stringContaining("KEYWAY_ROOT_SECRET_KEY")]);
      expect(faults.join()).not.toContain(text);
    },
  );
});

it.each([
  ["an id that no TC3 header can carry", { KEYWAY_ROOT_SECRET_ID: `${secret}/x` }],
  ["a token that looks mistyped", { KEYWAY_ROOT_TOKEN: `kwt_${secret}` }],
])("refuses %s", (_, change) => {
  expect(faultsOf({ ...root, ...change })).toHaveLength(1);
});

it.each([
  ["a certificate for a key", "localhost.crt", "localhost.crt"],
  ["a key for a certificate", "localhost.key", "localhost.key"],
])("refuses %s", (_, cert, key) => {
  expect(faultsOf({ KEYWAY_TLS_CERT: tlsFile(cert), KEYWAY_TLS_KEY: tlsFile(key) })).toEqual([
    expect.stringMatching(/KEYWAY_TLS_CERT and KEYWAY_TLS_KEY .*PEM/),
  ]);
});

it("reports all faults at once, by name", () => {
  const faults = faultsOf({ PORT: "x", KEYWAY_ACTION_RPS: "-1", KEYWAY_BEHIND_PROXY: "yes", ...file("{") });
  for (const name of ["PORT", "KEYWAY_ACTION_RPS", "KEYWAY_BEHIND_PROXY", "keyway.json"]) {
    expect(faults.filter((fault) => fault.includes(name))).toHaveLength(1);
  }
});

const upstream = (change: object): unknown => ({
  providers: {
    a: {
      service: "tokenhub",
      endpoint: "https://tokenhub.example.com",
      credential: { secretIdEnv: "KEYWAY_ROOT_SECRET_ID", secretKeyEnv: "KEYWAY_ROOT_SECRET_KEY" },
      ...change,
    },
  },
});

const plane = (change: object): unknown =>
  upstream({ dataPlane: { url: "https://models.example.com/v1/models", ...change } });

describe("keyway.json", () => {
  it.each<[string, unknown, RegExp]>([
    [
      "no JSON",
      '{\n  "providers": secret\n}',
      /keyway\.json is not valid JSON: look at line 2, column 16\.$/,
    ],
    ["an unknown field", { provider: {} }, /provider/],
    ["an unknown service", { providers: { a: { service: "x" } } }, /providers\.a\.service/],
    ["an unknown setting", { providers: { a: { service: "tokenhub", keys: 1 } } }, /providers\.a/],
    [
      "a limit of no keys",
      { providers: { a: { service: "tokenhub", keysMax: 0 } } },
      /providers\.a\.keysMax/,
    ],
    ["providers that are none", { providers: {} }, /providers: must not be empty/],
    ["a provider of no service", { providers: { a: {} } }, /providers\.a\.service: is required/],
    [
      "a name that is none",
      { providers: { A: { service: "tokenhub" } } },
      /providers\.A: .*lower-case letter/,
    ],
    [
      "a region that is none",
      { providers: { a: { service: "tokenhub", region: "here" } } },
      /like ap-guangzhou/,
    ],
    [
      "a credential in clear",
      upstream({ credential: { secretId: "x" } }),
      /`secretIdEnv` and `secretKeyEnv`/,
    ],
    ["an endpoint without a scheme", upstream({ endpoint: "tokenhub.example.com" }), /endpoint: .*https:/],
    ["an endpoint that is a host and a port", upstream({ endpoint: "localhost:8787" }), /endpoint: .*https:/],
    ["an empty endpoint", upstream({ endpoint: "" }), /endpoint: .*https:/],
    ["an endpoint that is no text", upstream({ endpoint: 7 }), /endpoint: must be a String/],
    [
      "an endpoint in clear elsewhere",
      upstream({ endpoint: "http://tokenhub.example.com" }),
      /endpoint: .*https:/,
    ],
    [
      "a data plane in clear elsewhere",
      plane({ url: "http://models.example.com/v1" }),
      /dataPlane\.url: .*https:/,
    ],
    ["one with a query", plane({ url: "https://models.example.com/v1?key=x" }), /dataPlane\.url: .*query/],
    ["one with a password", plane({ url: "https://me:x@models.example.com/" }), /dataPlane\.url: .*password/],
    ["one that is changed by a call", plane({ method: "POST" }), /dataPlane\.method/],
    ["one whose header is another's", plane({ header: "host" }), /dataPlane\.header: .*no other meaning/],
    ["one whose header has two lines", plane({ header: "a\nb" }), /dataPlane\.header/],
    ["one with a word that ends the line", plane({ scheme: "Bearer\r\nx: y" }), /dataPlane\.scheme/],
    ["one without a usual time", plane({ usualSeconds: 0 }), /dataPlane\.usualSeconds/],
    ["one with an unknown field", plane({ token: "x" }), /dataPlane.*token/],
    ["one that is nowhere", upstream({ dataPlane: {} }), /dataPlane\.url: is required/],
    ["an endpoint with a path", upstream({ endpoint: "https://tokenhub.example.com/v1" }), /without path/],
    [
      "two providers of a service, none native",
      { providers: { a: { service: "tokenhub" }, b: { service: "tokenhub" } } },
      /exactly one/,
    ],
    [
      "two providers of a service, both native",
      { providers: { a: { service: "tokenhub", native: true }, b: { service: "tokenhub", native: true } } },
      /exactly one/,
    ],
  ])("refuses %s", (_, value, message) => {
    expect(faultsOf(file(value))).toEqual([expect.stringMatching(message)]);
  });

  it("that is not there is refused", () => {
    expect(faultsOf({ KEYWAY_CONFIG: join(folder, "none.json") })).toEqual([
      expect.stringContaining("cannot be read"),
    ]);
  });
});

describe("what is verified for proxies", () => {
  const settings = (verification: unknown) => file({ verification });

  it("may have a header of the keys, and as many hops as there are, none included", () => {
    const { verification } = readConfig(settings({ keyHeader: "x-gateway-key", trustedHops: 0 }), profiles);
    expect(verification).toMatchObject({ keyHeader: "x-gateway-key", trustedHops: 0 });
  });

  it.each([
    { trustedHops: -1 },
    { trustedHops: 11 },
    { trustedHops: 1.5 },
    { trustedHops: "1" },
    { keyHeader: "X-Gateway-Key" },
    { keyHeader: "x-keyway-token" },
    { keyHeader: "x-forwarded-for" },
    { keyHeader: "authorization" },
  ])("%j is refused", (wrong) => {
    const [name] = Object.keys(wrong);
    expect(faultsOf(settings(wrong))).toEqual([expect.stringContaining(`verification.${name}`)]);
  });
});

describe("a setting that would have no effect is refused by name, and says where it goes", () => {
  const pair = { credential: { secretIdEnv: "ID", secretKeyEnv: "KEY" } };
  const real = { endpoint: "https://real.example.test" };
  const gate = { service: "apigateway", region: "ap-guangzhou", ...real, ...pair };
  const one = { service: "aione", ...real, credential: { tokenEnv: "KEY" } };
  const faultsAt = (provider: object): readonly string[] =>
    faultsOf({ ...file({ providers: { p: provider } }), ID: "an-id", KEY: "a-key" }).map((fault) =>
      fault.slice(fault.indexOf("providers.p")),
    );
  const shown = "goes only with a service that shows the secret of a key: no other key could be tried there.";
  const signed = "goes only with a service whose keys are tokens: these sign the call.";
  const decided = "goes only without an endpoint: the real system decides it.";

  it.each([
    ["keysMax", { ...gate, keysMax: 5 }, decided],
    ["plansMax", { ...gate, plansMax: 5 }, decided],
    ["rotateGraceSeconds", { ...one, rotateGraceSeconds: 5 }, decided],
    ["region", { ...one, region: "ap-guangzhou" }, "goes only with a service of regions."],
    ["region", { service: "csip", region: "ap-guangzhou" }, "goes only with a service of regions."],
    ["account", { service: "csip", account: "100000000002" }, "goes only with an endpoint."],
    ["credential", { service: "apigateway", ...pair }, "goes only with an endpoint."],
    [
      "dataPlane",
      { service: "tokenhub", dataPlane: { url: "https://a.test/" } },
      "goes only with an endpoint.",
    ],
    ["dataPlane.header", { ...gate, dataPlane: { url: "https://a.test/", header: "x-key" } }, signed],
    ["dataPlane.scheme", { ...gate, dataPlane: { url: "https://a.test/", scheme: "" } }, signed],
    ["dataPlane", { ...one, dataPlane: { url: "https://a.test/" } }, shown],
  ])("%s of %j", (name, provider, why) => {
    expect(faultsAt(provider)).toEqual([`providers.p.${name}: ${why}`]);
  });

  it("and no region is guessed for a real system", () => {
    const { region: _, ...nowhere } = gate;
    expect(faultsAt(nowhere)).toEqual(["providers.p.region: must be named with an endpoint."]);
  });

  const probed = { ...gate, service: "tokenhub", dataPlane: { url: "https://a.test/v1/models" } };
  it.each([
    gate,
    one,
    probed,
    { ...gate, dataPlane: { url: "https://a.test/shop" } },
    { ...one, models: [{ id: "m" }] },
    { service: "apigateway", plansMax: 5, keysMax: 5 },
  ])("%j is taken", (provider) => {
    expect(faultsAt(provider)).toEqual([]);
  });

  it.each(profiles)("of $service they are settings that it has", ({ settings, embeddedOnly }) => {
    expect(Object.keys(settings.shape)).toEqual(expect.arrayContaining([...embeddedOnly]));
  });
});

describe("who reports leaks", () => {
  const long = "s".repeat(24);
  const webhook = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
  const whole = {
    github: { types: { some_type: "aione" } },
    githubRepository: { secretEnv: "HUB", alerts: { tokenEnv: "API" } },
    gitlab: { tokenEnv: "LAB", signingSecretsEnv: ["HOOK"] },
    gitguardian: { tokenEnv: "GUARD" },
    reports: { secretsEnv: ["HOOK"] },
  };
  const variables = { HUB: long, API: long, LAB: long, GUARD: long, HOOK: webhook };

  it("is read whole, with GitHub's own addresses where none are said", () => {
    const { leaks } = readConfig({ ...file({ leaks: whole }), ...variables }, profiles);
    expect(leaks.github).toEqual({
      keysUrl: "https://api.github.com/meta/public_keys/secret_scanning",
      token: null,
      types: { some_type: "aione" },
    });
    expect(leaks.githubRepository?.alerts?.url).toBe("https://api.github.com");
    expect([leaks.gitlab?.keys.length, leaks.reports?.keys.length]).toEqual([1, 1]);
    expect(JSON.stringify(leaks)).not.toContain(long);
  });

  it("names everything that is wrong, at once, and repeats no secret", () => {
    const faults = faultsOf({
      ...file({ leaks: { ...whole, github: { types: { some_type: "none" } } } }),
      HUB: "short",
      HOOK: `${webhook}=`,
      LAB: long,
    });
    expect(faults).toEqual([
      expect.stringContaining("leaks.github.types.some_type: is not the name of a provider"),
      expect.stringContaining("the variable HUB must have at least 16 characters"),
      expect.stringContaining("the variable API is not set"),
      expect.stringContaining("the variable HOOK must be `whsec_…` or `whpk_…`"),
      expect.stringContaining("the variable GUARD is not set"),
      expect.stringContaining("the variable HOOK must be `whsec_…` or `whpk_…`"),
    ]);
    expect(faults.join()).not.toContain(webhook.slice(6));
  });

  it.each([
    [{ gitlab: {} }, "leaks.gitlab"],
    [{ gitlab: { token: long } }, "leaks.gitlab"],
    [{ reports: { secretsEnv: [] } }, "leaks.reports.secretsEnv"],
    [{ github: { keysUrl: "http://example.com/keys" } }, "leaks.github.keysUrl"],
    [{ github: { keysUrl: "https://user:p@example.com/keys" } }, "leaks.github.keysUrl"],
    [{ github: { keysUrl: "https://example.com/keys?x=1" } }, "leaks.github.keysUrl"],
    [{ trufflehog: {} }, "leaks"],
  ])("%j is refused", (leaks, place) => {
    const faults = faultsOf({ ...file({ leaks }), ...variables });
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault).toContain(place);
  });
});

describe("a function of a part", () => {
  const real = { endpoint: "https://real.example.test", region: "ap-guangzhou" };
  const pair = (name: string): object => ({ secretIdEnv: `${name}_ID`, secretKeyEnv: `${name}_KEY` });
  const whole = {
    providers: {
      hub: { service: "tokenhub", ...real, credential: pair("HUB"), native: true },
      "hub-test": { service: "tokenhub", ...real, credential: pair("TEST") },
      gate: { service: "apigateway" },
      one: { service: "aione", endpoint: real.endpoint, credential: { tokenEnv: "ONE" } },
    },
    leaks: { gitlab: { tokenEnv: "LAB", types: { a_type: "gate" } } },
  };
  const systems = ["HUB_ID", "HUB_KEY", "TEST_ID", "TEST_KEY", "ONE"];
  const { KEYWAY_CONFIG } = file(whole);
  const of = (service: string): typeof profiles => profiles.filter((profile) => profile.service === service);

  it.each<[keyof typeof parts, typeof profiles, readonly string[]]>([
    ["whole", profiles, [...systems, "LAB"]],
    ["rounds", profiles, systems],
    ["reports", profiles, ["LAB"]],
    ["verifying", profiles, []],
    ["action", of("tokenhub"), ["HUB_ID", "HUB_KEY"]],
    ["action", of("aione"), ["ONE"]],
    ["action", of("apigateway"), []],
    ["job", [], []],
  ])("%s of %j needs its own variables and is well without the others", (name, served, needed) => {
    const env = file(whole);
    expect(namedVariables(KEYWAY_CONFIG, served, parts[name])).toEqual(needed);
    const secrets = Object.fromEntries(needed.map((variable) => [variable, secret]));
    const { providers } = readConfig(env, served, { part: parts[name], secrets });
    expect(providers.flatMap(({ upstream }) => upstream?.credential ?? [])).toHaveLength(
      needed.filter((variable) => !/_ID|LAB/.test(variable)).length,
    );
    for (const missing of needed) {
      const { [missing]: _, ...rest } = secrets;
      const read = (): unknown =>
        readConfig({ ...env, [missing]: secret }, served, { part: parts[name], secrets: rest });
      expect(read).toThrow(`the variable ${missing} is not set`);
    }
  });

  it("tells what is wrong in the file, whatever it needs of it", () => {
    const { gate: _, ...providers } = whole.providers;
    const env = file({ ...whole, providers });
    expect(() => readConfig(env, profiles, { part: parts.verifying })).toThrow("leaks.gitlab.types.a_type");
  });

  it("takes a credential without the end of its line, and none that no header can carry", () => {
    const env = file({ providers: { one: { ...whole.providers.one, credential: { tokenEnv: "ONE" } } } });
    const read = (ONE: string): string | undefined => {
      const credential = readConfig(env, profiles, { secrets: { ONE } }).providers[0]?.upstream?.credential;
      return credential?.kind === "token" ? credential.token.expose() : undefined;
    };
    expect(read(`${secret}\r\n`)).toBe(secret);
    for (const bad of ["two words", "a\nb", "ключ"]) {
      expect(() => read(bad)).toThrow("the variable ONE must have printable ASCII characters alone");
    }
  });

  it("takes nothing for a variable that nobody has set", () => {
    const env = file({
      providers: { one: { ...whole.providers.one, credential: { tokenEnv: "constructor" } } },
    });
    expect(() => readConfig(env, profiles, { secrets: {} })).toThrow("the variable constructor is not set");
  });
});
