import { describe, expect, it } from "vitest";
import { chain, follow, genesis } from "../../lib/audit/chain.ts";
import { checkpointHolds, checkpointSigner } from "../../lib/audit/checkpoint.ts";
import type { AuditDraft, ChainedEntry } from "../../lib/audit/entry.ts";

const draft = (target: string): AuditDraft => ({
  time: "2026-07-01T00:00:00.000Z",
  requestId: "r",
  actor: { credential: "c", subUin: "1", ip: "127.0.0.1" },
  action: "a",
  target,
  details: {},
});

const entries = (count: number): ChainedEntry[] => {
  const made: ChainedEntry[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const last = made.at(-1);
    made.push(
      chain("acc", last === undefined ? genesis : { seq: last.seq, hash: last.hash }, draft(`k${seq}`)),
    );
  }
  return made;
};

describe("follow", () => {
  it("reaches the head of an honest chain, page by page", () => {
    const all = entries(5);
    const first = follow("acc", genesis, all.slice(0, 2));
    expect(follow("acc", first.head, all.slice(2))).toEqual({ head: { seq: 5, hash: all[4]?.hash } });
  });

  it.each<[string, (all: ChainedEntry[]) => ChainedEntry[], object]>([
    [
      "a changed text",
      (all) => all.map((one) => (one.seq === 3 ? { ...one, text: one.text.replace("k3", "k4") } : one)),
      { kind: "broken", seq: 3 },
    ],
    [
      "a changed text with its own hash made anew",
      (all) => {
        const forged = chain("acc", { seq: 2, hash: all[1]?.hash ?? "" }, draft("forged"));
        return all.map((one) => (one.seq === 3 ? forged : one));
      },
      { kind: "broken", seq: 4 },
    ],
    ["a removed entry", (all) => all.filter((one) => one.seq !== 3), { kind: "missing", seq: 3 }],
    ["a removed first entry", (all) => all.slice(1), { kind: "missing", seq: 1 }],
    [
      "exchanged entries",
      (all) => [0, 2, 1, 3, 4].flatMap((place) => all[place] ?? []),
      { kind: "missing", seq: 2 },
    ],
    [
      "an entry of another account",
      (all) => all.map((one) => (one.seq === 1 ? chain("other", genesis, draft("k1")) : one)),
      { kind: "broken", seq: 1 },
    ],
  ])("names %s", (_, tamper, fault) => {
    expect(follow("acc", genesis, tamper(entries(5))).fault).toEqual(fault);
  });
});

describe("a checkpoint", () => {
  // RFC 8032, section 7.1, TEST 1: secret key and public key.
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const signer = checkpointSigner(seed);
  const point = signer.sign("acc", { seq: 7, hash: "f".repeat(64) }, "2026-07-01T00:00:00.000Z");

  it("is signed by the Ed25519 key of its seed", () => {
    expect(Buffer.from(signer.publicKey, "base64").toString("hex")).toBe(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    );
    expect(checkpointHolds(point, signer.publicKey)).toBe(true);
  });

  it.each([
    ["account", { account: "other" }],
    ["seq", { seq: 8 }],
    ["hash", { hash: "e".repeat(64) }],
    ["time", { time: "2026-07-02T00:00:00.000Z" }],
    ["signature", { signature: Buffer.alloc(64).toString("base64") }],
  ])("does not hold with another %s", (_, change) => {
    expect(checkpointHolds({ ...point, ...change }, signer.publicKey)).toBe(false);
  });

  it("does not hold under a key that the forger made", () => {
    const forger = checkpointSigner(Buffer.alloc(32, 1));
    const forged = forger.sign("acc", { seq: 7, hash: "f".repeat(64) }, point.time);
    expect(checkpointHolds(forged, signer.publicKey)).toBe(false);
    expect(checkpointHolds({ ...forged, publicKey: signer.publicKey }, signer.publicKey)).toBe(false);
  });
});
