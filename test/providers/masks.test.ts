import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Material } from "../../lib/keys/material.ts";
import { Secret } from "../../lib/keys/secret.ts";
import { profiles } from "../../lib/providers/profiles.ts";

/** How many characters of a secret each service's documentation lets be seen, and where. */
interface Shown {
  readonly first: number;
  readonly last: number;
  /** Shorter ones are shown as nothing. */
  readonly from: number;
  /** A material around one secret, and that secret's mask in a masked material. */
  readonly around: (secret: string) => Material;
  readonly within: (masked: Material) => string;
}

const token: Pick<Shown, "around" | "within"> = {
  around: (secret) => ({ kind: "token", value: new Secret(secret) }),
  within: (masked) => (masked.kind === "token" ? masked.value.expose() : "another kind"),
};

const shown: Readonly<Record<string, Shown>> = {
  tokenhub: { first: 5, last: 4, from: 12, ...token },
  aione: { first: 11, last: 4, from: 20, ...token },
  apigateway: {
    first: 2,
    last: 2,
    from: 10,
    around: (secret) => ({ kind: "pair", id: "AKIDid", secret: new Secret(secret) }),
    within: (masked) => (masked.kind === "pair" ? masked.secret.expose() : "another kind"),
  },
  csip: {
    first: 3,
    last: 4,
    from: 7,
    around: (secret) => ({ kind: "fields", fields: [{ name: "n", value: new Secret(secret) }] }),
    within: (masked) =>
      masked.kind === "fields" ? (masked.fields[0]?.value.expose() ?? "") : "another kind",
  },
};

describe.each(profiles)("the mask of $service", ({ service, mask }) => {
  const rule = shown[service];
  if (rule === undefined) throw new Error(`${service} has no rule here`);
  const masked = (secret: string): string => rule.within(mask(rule.around(secret)));
  // Whole characters: a rule that counts bytes or halves of a pair would show another number of them.
  const characters = fc.array(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }).filter((one) => [...one].length === 1),
    {
      minLength: rule.from,
      maxLength: 60,
    },
  );
  const ascii = fc.array(fc.constantFrom(..."abcXYZ019_-"), { minLength: rule.from, maxLength: 60 });
  const texts = service === "csip" ? characters : ascii;

  it("depends on nothing but the characters that may be seen", () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const same = [...one.slice(0, rule.first), ...other, ...one.slice(-rule.last)];
        expect(masked(same.join(""))).toBe(masked(one.join("")));
      }),
    );
  });

  it("of a longer secret is not longer", () => {
    fc.assert(
      fc.property(texts, (one) => {
        expect([...masked(one.join(""))]).toHaveLength(rule.first + 3 + rule.last);
      }),
    );
  });
});

it("a preview shows nothing of a short Key Sandbox value, and of a longer one what the mask shows", () => {
  const csip = profiles.find(({ service }) => service === "csip");
  const rule = shown.csip;
  if (csip?.preview === undefined || rule === undefined) throw new Error("no Key Sandbox");
  for (const short of ["", "a", "1234567", "123456789012", "密钥密钥密钥密"]) {
    expect(rule.within(csip.preview(rule.around(short)))).toBe("***");
  }
  expect(rule.within(csip.preview(rule.around("1234567890123")))).toBe("123***0123");
});

it("a Key Sandbox value below seven characters is shown as nothing", () => {
  const csip = profiles.find(({ service }) => service === "csip");
  const rule = shown.csip;
  if (csip === undefined || rule === undefined) throw new Error("no Key Sandbox");
  for (const short of ["", "a", "123456", "密钥密钥密钥"]) {
    expect(rule.within(csip.mask(rule.around(short)))).toBe("***");
  }
});
