import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { facadeOf } from "../support/facade-client.ts";
import { type LeakWorld, startLeakWorld } from "../support/leaks.ts";
import { pairOf, tokenOf } from "../support/verify-client.ts";

/**
 * As in the other canaries: leaked secrets, of keys and of nobody, come in by every door, in every field, signed and
 * forged, and may then stand nowhere.
 */

let world: LeakWorld;
beforeAll(async () => {
  world = await startLeakWorld();
});
afterAll(() => world.stop());

const made = (): string => `CANARY_${randomBytes(12).toString("hex")}`;

it("a reported secret stands in no reply, log, row, finding, event, entry or file", async () => {
  const facade = facadeOf(world.keyway);
  const secrets = new Set<string>();
  const texts: string[] = [];
  const note = ({ text }: { readonly text: string }): void => void texts.push(text);
  const chosen = { kind: "pair", id: `id_${randomBytes(4).toString("hex")}`, secret: made() };
  secrets.add(chosen.secret);
  await facade.create("apigateway", { material: chosen });
  const key = async (provider: string): Promise<string> => {
    const one = await facade.create(provider);
    const secret = provider === "apigateway" ? pairOf(one).secret : tokenOf(one);
    secrets.add(secret);
    return secret;
  };
  const nobodys = (): string => {
    const secret = made();
    secrets.add(secret);
    return secret;
  };
  for (const secretOf of [
    () => key("aione"),
    () => key("tokenhub"),
    () => key("apigateway"),
    async () => nobodys(),
  ]) {
    const places = (secret: string) => ({
      type: secret,
      url: `https://${secret}@example.com/${secret}?q=${secret}#${secret}`,
    });
    const [one, two, three, four, five] = [
      await secretOf(),
      await secretOf(),
      await secretOf(),
      await secretOf(),
      await secretOf(),
    ];
    // Its reply tells GitHub the type that GitHub told: here the type is none.
    note(await world.fromGithub([{ token: one, ...places(one), type: "t", source: one }]));
    note(await world.fromGithub([{ token: one, type: [one] }]));
    note(await world.fromGithub([{ token: one, ...places(one) }], { "github-public-key-signature": one }));
    note(await world.fromGithub([{ token: one, ...places(one) }], { "github-public-key-identifier": one }));
    note(await world.fromGitlab([{ token: two, ...places(two), location: two }]));
    note(await world.fromGitlab([{ token: two }]));
    note(await world.fromGitlab([{ token: two, type: "t" }], { "x-gitlab-token": two }));
    note(
      await world.fromScanner([{ key: three, ...places(three) }], { id: `msg_${three.replaceAll(".", "")}` }),
    );
    note(await world.fromScanner([{ key: three, [three]: three }]));
    note(await world.fromScanner([{ key: [three] }]));
    world.github.alerts.set("octocat/x#1", four);
    const alert = { number: 1, html_url: places(four).url, secret_type: four, created_at: four };
    const event = { action: "created", alert, repository: { full_name: "octocat/x" } };
    note(await world.fromRepository(event, { "x-github-delivery": `d-${four}` }));
    note(await world.fromRepository({ ...event, alert: four }));
    note(await world.fromGitguardian({ action: "incident_triggered", incident: { id: five, secret: five } }));
    note(await world.fromGitguardian({ action: five, matches: [five] }));
    note(await world.fromAnybody({ key: five, url: places(five).url }));
    note(await world.fromAnybody({ key: five, [five]: 1 }));
    note(await world.fromAnybody({ id: five, secret: five }));
    note(await world.fromAnybody({ key: { id: five, secret: five, more: five } }));
    note(await world.fromAnybody([five]));
    note(await world.post("/v1/leaks", `{"key":"${five}"`, { "x-forwarded-for": "192.0.2.77" }));
    note(await world.post(`/webhooks/${five}`, five));
  }
  note(await world.fromAnybody({ id: chosen.id, secret: chosen.secret }));
  note(await world.fromAnybody({ key: chosen.secret }));

  for (const path of ["/v1/leaks?limit=100", "/v1/audit?limit=100", "/v1/audit/refusals", "/v1/keys"]) {
    note(await facade.call("GET", path));
  }
  const { house, folder } = world.keyway;
  await house.refusals.flush();
  const account = "100000000001" as never;
  const kinds = ["finding", "leak-report", "leak-mark", "policy"];
  for (const kind of kinds) {
    const found = await house.store.listDocumentsBackwards(account, "", kind, { before: null, limit: 1000 });
    texts.push(JSON.stringify(found));
  }
  texts.push(JSON.stringify(await house.store.readEvents(account, 0, 10_000)));
  const haystacks: readonly (readonly [name: string, text: string])[] = [
    ...texts.map((text) => ["a reply or a row", text] as const),
    ["the log", world.keyway.log()],
    ...readdirSync(folder)
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [file, readFileSync(join(folder, file), "latin1")] as const),
  ];
  expect(secrets.size).toBeGreaterThan(20);
  for (const secret of [...secrets, ...Object.values(world.secrets)]) {
    for (const [name, text] of haystacks) {
      if (text.includes(secret)) throw new Error(`a secret stands in ${name}: ${text.slice(0, 300)}`);
    }
  }
});
