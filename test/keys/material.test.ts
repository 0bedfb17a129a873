import fc from "fast-check";
import { expect, it } from "vitest";
import { fromSealedText, type Material, toSealedText } from "../../lib/keys/material.ts";
import { Secret } from "../../lib/keys/secret.ts";

const text = fc.string({ unit: "binary" });
const secret = text.map((one) => new Secret(one));
const material: fc.Arbitrary<Material> = fc.oneof(
  fc.record({ kind: fc.constant("token" as const), value: secret }),
  fc.record({ kind: fc.constant("pair" as const), id: text, secret }),
  fc.record({
    kind: fc.constant("fields" as const),
    fields: fc.array(fc.record({ name: text, value: secret })),
  }),
  fc.record({ kind: fc.constant("sts" as const), system: text, secretId: secret, secretKey: secret }),
);

/** The material with its secrets laid open, so that two can be compared. */
const open = (value: unknown): unknown => {
  if (value instanceof Secret) return { secret: value.expose() };
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, open(item)]));
};

it("every material comes back from its sealed text as it went", () => {
  fc.assert(
    fc.property(material, (one) => {
      expect(open(fromSealedText(toSealedText(one)))).toEqual(open(one));
    }),
  );
});
