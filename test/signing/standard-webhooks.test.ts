import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import {
  parseWebhookKey,
  showWebhookPrivateKey,
  showWebhookPublicKey,
  showWebhookSecret,
  signWebhook,
  verifyWebhook,
  type WebhookKey,
  webhookToleranceSeconds,
} from "../../lib/signing/standard-webhooks.ts";
import vectors from "../vectors/signing/standard-webhooks.json" with { type: "json" };

const keyOf = (text: string): WebhookKey => {
  const key = parseWebhookKey(text);
  if (key === undefined) throw new Error("not a key");
  return key;
};
const { v1, v1a, svix } = vectors;
const messageOf = ({ id, seconds, body }: { id: string; seconds: number; body: string }) => ({
  id,
  seconds,
  body: Buffer.from(body, "utf8"),
});

const published = [
  { name: "v1", vector: v1, signing: keyOf(v1.secret), checking: keyOf(v1.secret) },
  { name: "v1a", vector: v1a, signing: keyOf(v1a.secret), checking: keyOf(v1a.public) },
  {
    name: "Svix",
    vector: svix,
    signing: { version: "v1", key: createSecretKey(svix.secret, "base64") } as const,
    checking: { version: "v1", key: createSecretKey(svix.secret, "base64") } as const,
  },
];

describe.each(published)("what is published: $name", ({ vector, signing, checking }) => {
  const message = messageOf(vector);
  const headers = { id: vector.id, timestamp: `${vector.seconds}`, signature: vector.signature };

  it("is what we sign, and what we take", () => {
    expect(signWebhook(message, [signing])).toEqual(headers);
    expect(verifyWebhook(headers, message.body, [checking], vector.seconds)).toBe("ok");
  });

  it("falls by any changed byte of the body, the id, the time or the signature", () => {
    for (let at = 0; at < message.body.length; at += 1) {
      const body = Buffer.from(message.body);
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
      expect(verifyWebhook(headers, body, [checking], vector.seconds)).toBe("invalid");
    }
    const forged = [
      { ...headers, id: `${headers.id}x` },
      { ...headers, timestamp: `${vector.seconds + 1}` },
      { ...headers, signature: headers.signature.slice(0, -5) },
      { ...headers, signature: headers.signature.slice(headers.signature.indexOf(",") + 1) },
      { ...headers, signature: `v2,${headers.signature.slice(headers.signature.indexOf(",") + 1)}` },
      { ...headers, signature: "" },
      { ...headers, timestamp: "" },
      { ...headers, id: "" },
    ];
    for (const one of forged) {
      expect(verifyWebhook(one, message.body, [checking], vector.seconds)).toBe("invalid");
    }
  });

  it("is old, or from the future, after five minutes", () => {
    const at = (seconds: number) => verifyWebhook(headers, message.body, [checking], seconds);
    expect(at(vector.seconds + webhookToleranceSeconds)).toBe("ok");
    expect(at(vector.seconds - webhookToleranceSeconds)).toBe("ok");
    expect(at(vector.seconds + webhookToleranceSeconds + 1)).toBe("expired");
    expect(at(vector.seconds - webhookToleranceSeconds - 1)).toBe("expired");
  });
});

describe("keys", () => {
  it("are read as published", () => {
    expect(keyOf(v1.secret).key.export().toString("hex")).toBe(v1.bytes);
    expect(showWebhookPublicKey(keyOf(v1a.secret).key)).toBe(v1a.public);
    expect(showWebhookPrivateKey(keyOf(v1a.secret).key)).toBe(v1a.secret);
  });

  it("are refused when too short or too long, misspelt, of another kind, or of two halves that do not fit", () => {
    const other = generateKeyPairSync("ed25519").privateKey;
    const halves = Buffer.concat([
      Buffer.from(showWebhookPrivateKey(other).slice(5), "base64").subarray(0, 32),
      Buffer.from(v1a.public.slice(5), "base64"),
    ]);
    const refused = [
      "",
      v1.secret.slice(6),
      showWebhookSecret(randomBytes(23)),
      showWebhookSecret(randomBytes(65)),
      `${v1.secret}=`,
      `whpk_${v1.secret.slice(6)}`,
      v1a.secret.slice(0, -4),
      `whsk_${halves.toString("base64")}`,
      `constructor_${v1.secret.slice(6)}`,
    ];
    for (const text of refused) expect(parseWebhookKey(text)).toBeUndefined();
    for (const bytes of [24, 64])
      expect(parseWebhookKey(showWebhookSecret(randomBytes(bytes)))).toBeDefined();
  });
});

describe("rotation", () => {
  const message = messageOf(v1);
  const [old, next, stranger] = [24, 32, 48].map((bytes) => keyOf(showWebhookSecret(randomBytes(bytes))));
  const pair: WebhookKey = { version: "v1a", key: generateKeyPairSync("ed25519").privateKey };

  it("signs with all keys, and any one of them suffices", () => {
    if (!old || !next || !stranger) throw new Error("three keys");
    const headers = signWebhook(message, [next, old, pair]);
    for (const key of [old, next, pair, keyOf(showWebhookPublicKey(pair.key))]) {
      expect(verifyWebhook(headers, message.body, [stranger, key], v1.seconds)).toBe("ok");
    }
    expect(verifyWebhook(headers, message.body, [stranger], v1.seconds)).toBe("invalid");
    expect(verifyWebhook(headers, message.body, [], v1.seconds)).toBe("invalid");
  });

  it("skips versions and spellings that it does not know", () => {
    const own = signWebhook(message, [keyOf(v1.secret)]);
    const signature = `v9,aGk= constructor,aGk= v1 v1, v1,###  ${own.signature}`;
    expect(verifyWebhook({ ...own, signature }, message.body, [keyOf(v1.secret)], v1.seconds)).toBe("ok");
  });

  it("does not take an HMAC by a public key, which everybody has", () => {
    const forger: WebhookKey = {
      version: "v1",
      key: createSecretKey(Buffer.from(v1a.public.slice(5), "base64")),
    };
    const headers = signWebhook(message, [forger]);
    expect(verifyWebhook(headers, message.body, [keyOf(v1a.public)], v1.seconds)).toBe("invalid");
  });
});

describe("what would read in two ways", () => {
  it("is neither signed nor taken", () => {
    const key = keyOf(v1.secret);
    const body = Buffer.from("1.x");
    expect(() => signWebhook({ id: "a.1", seconds: 1, body }, [key])).toThrow();
    expect(() => signWebhook({ id: "a", seconds: 1.5, body }, [key])).toThrow();
    expect(() => signWebhook({ id: "a", seconds: 1, body }, [])).toThrow();
    const { signature } = signWebhook({ id: "a", seconds: 1, body: Buffer.from("1.1.x") }, [key]);
    expect(verifyWebhook({ id: "a.1", timestamp: "1", signature }, body, [key], 1)).toBe("invalid");
    expect(verifyWebhook({ id: "a", timestamp: "1.1", signature }, body, [key], 1)).toBe("invalid");
    expect(verifyWebhook({ id: "a", timestamp: "1abc", signature }, body, [key], 1)).toBe("invalid");
  });
});

describe("the library of the standard", () => {
  it("takes what we sign, and we take what it signs", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
        fc.json(),
        (bytes, id, text) => {
          const secret = showWebhookSecret(Buffer.from(bytes));
          const library = new Webhook(secret);
          const now = new Date();
          const seconds = Math.floor(now.getTime() / 1000);
          const body = Buffer.from(text, "utf8");
          const ours = signWebhook({ id, seconds, body }, [keyOf(secret)]);
          expect(library.sign(id, now, text)).toBe(ours.signature);
          const headers = {
            "webhook-id": ours.id,
            "webhook-timestamp": ours.timestamp,
            "webhook-signature": ours.signature,
          };
          expect(library.verify(text, headers)).toEqual(JSON.parse(text));
          expect(verifyWebhook(ours, body, [keyOf(secret)], seconds)).toBe("ok");
        },
      ),
    );
  });
});
