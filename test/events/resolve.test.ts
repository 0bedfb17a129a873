import { createSocket } from "node:dgram";
import { Resolver } from "node:dns";
import { expect, it, onTestFinished } from "vitest";
import { type Resolve, systemResolve } from "../../lib/events/resolve.ts";

/** Answers with an error are null. */
const ask = (resolve: Resolve, name: string): Promise<readonly string[] | null> =>
  new Promise((done) =>
    resolve(name, (error, found) => done(error === null ? found.map(({ address }) => address) : null)),
  );

/** A name server: of each name and type (1 is A, 28 is AAAA) the address's bytes, or no answer at all. */
const serving = async (
  answers: Readonly<Record<string, readonly number[] | undefined>>,
): Promise<Resolver> => {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const end = query.indexOf(0, 12);
    const labels: string[] = [];
    for (let at = 12; at < end; at += (query[at] ?? 0) + 1) {
      labels.push(query.subarray(at + 1, at + 1 + (query[at] ?? 0)).toString("latin1"));
    }
    const type = query.readUInt16BE(end + 1);
    const found = answers[`${labels.join(".")} ${type}`];
    if (found === undefined) return;
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180, 2);
    head.fill(0, 6, 12);
    head.writeUInt16BE(found.length === 0 ? 0 : 1, 6);
    const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, found.length, ...found]);
    const question = query.subarray(12, end + 5);
    socket.send(Buffer.concat([head, question, ...(found.length === 0 ? [] : [record])]), port, address);
  });
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  onTestFinished(() => void socket.close());
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return resolver;
};

const ipv6 = [0x26, 0x06, 0x47, 0, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11];

it("a name has the addresses of both kinds, those of IPv4 first", async () => {
  const resolver = await serving({
    "both.example.com 1": [1, 1, 1, 1],
    "both.example.com 28": ipv6,
    "four.example.com 1": [10, 0, 0, 1],
    "four.example.com 28": [],
    "none.example.com 1": [],
    "none.example.com 28": [],
    "half.example.com 1": [1, 1, 1, 1],
  });
  const resolve = systemResolve(false, resolver);
  expect(await ask(resolve, "both.example.com")).toEqual(["1.1.1.1", "2606:4700:4700::1111"]);
  expect(await ask(resolve, "four.example.com")).toEqual(["10.0.0.1"]);
  expect(await ask(resolve, "half.example.com")).toEqual(["1.1.1.1"]);
  expect(await ask(resolve, "none.example.com")).toBeNull();
});

it("a name server that never answers holds up no other name", async () => {
  const deaf = systemResolve(false, await serving({}));
  const answers: string[] = [];
  const hanging = Array.from({ length: 16 }, async () => {
    await ask(deaf, "hooks.example.com");
    answers.push("hanging");
  });
  const quick = systemResolve(
    false,
    await serving({ "a.example.com 1": [1, 1, 1, 1], "a.example.com 28": [] }),
  );
  await ask(quick, "a.example.com");
  answers.push("quick");
  await Promise.all(hanging);
  expect(answers[0]).toBe("quick");
});

it("names of the machine's own file are known where an operator opened networks, and only there", async () => {
  const asked = { "localhost 1": [], "localhost 28": [] };
  expect(await ask(systemResolve(true, await serving(asked)), "localhost")).toContain("127.0.0.1");
});

it("a name that neither a name server nor the machine knows is an error with no addresses", async () => {
  const nobody = new Resolver({ timeout: 200, tries: 1 });
  nobody.setServers(["127.0.0.1:9"]);
  const told = await new Promise<unknown>((done) =>
    systemResolve(true, nobody)("nobody.invalid", (error, found) => done([error instanceof Error, found])),
  );
  expect(told).toEqual([true, []]);
});
