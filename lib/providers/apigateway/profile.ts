import { Refusal } from "../../errors.ts";
import type { Material } from "../../keys/material.ts";
import { randomLetters } from "../../keys/random.ts";
import { Secret } from "../../keys/secret.ts";
import type { Key, KeyId } from "../../schemas/key.ts";
import type { Profile } from "../profile.ts";
import { apigatewayFields } from "./fields.ts";
import { apigatewayNative } from "./native.ts";
import { apigatewaySettings } from "./settings.ts";

/** As in every published sample. */
const idPrefix = "AKID";
const idLetters = 36;
const secretLetters = 40;

/** The console's rule; the API's pages set none. */
const secretName = /^[A-Za-z0-9_-]{1,50}$/;
const manualId = /^[A-Za-z0-9_]{5,50}$/;
const manualSecret = /^[A-Za-z0-9_]{10,50}$/;

type Pair = Extract<Material, { kind: "pair" }>;

export const pairOf = (material: Material): Pair => {
  if (material.kind !== "pair") throw new Error("an API Gateway key is a pair of id and secret");
  return material;
};

/** In the facade's words, or in ones that both surfaces know: what native calls bring is checked under its own names before. */
const wrong = (what: string, path: string, message: string): Refusal =>
  new Refusal("field_value_invalid", `The ${what} ${message}.`, { issues: [{ path, message }] });

/** Of what somebody brings along: another kind is their mistake and not ours. */
const requirePair = (chosen: Material): Pair => {
  if (chosen.kind === "pair") return chosen;
  throw wrong("`material`", "material.kind", "must be of the kind `pair`");
};

const automaticSecret = (random: Parameters<typeof randomLetters>[0]): Secret =>
  new Secret(randomLetters(random, secretLetters));

/** The id stands in clear beside the secret, so little of the secret is needed to tell it by. */
export const maskSecret = (secret: string): string => `${secret.slice(0, 2)}***${secret.slice(-2)}`;

/** A manual key brings both halves, and at each update a new secret; of an automatic one both are ours. */
const chosenPair = (chosen: Material): Pair => {
  const pair = requirePair(chosen);
  if (!manualId.test(pair.id)) {
    throw wrong("`material.id`", "material.id", "must be 5 to 50 letters, digits or `_`");
  }
  return { ...pair, secret: chosenSecret(pair.secret) };
};

const chosenSecret = (secret: Secret): Secret => {
  if (manualSecret.test(secret.expose())) return secret;
  throw wrong("`material.secret`", "material.secret", "must be 10 to 50 letters, digits or `_`");
};

const renewed = (
  key: Key,
  chosen: Secret | undefined,
  random: Parameters<typeof randomLetters>[0],
): Secret => {
  const { type } = apigatewayNative.parse(key.native);
  if (type === "manual") {
    if (chosen !== undefined) return chosenSecret(chosen);
    throw wrong("secret", "material", "is required for a manual key");
  }
  // Inferred: a secret for an automatic key has no documented effect, and taking it silently would be a trap.
  if (chosen !== undefined) {
    throw wrong("secret", "material", "goes only with a manual key; an automatic one gets its own");
  }
  return automaticSecret(random);
};

/** The id stays whatever comes along; to take another one silently would be a trap. */
const refuseOtherId = (key: Key, chosen: Material | undefined): void => {
  if (chosen === undefined || requirePair(chosen).id === key.id) return;
  throw wrong("`material`", "material.id", "must have the id of the key, which stays");
};

const unsuitable = (message: string, reason: string): Refusal =>
  new Refusal("state_unsuitable", message, { reason });

export const apiVersion = "2018-08-08";

export const apigatewayProfile: Profile = {
  service: "apigateway",
  apiVersion,
  keyIds: ["AccessKeyId"],
  otherIds: ["UsagePlanId"],
  issue: (random, _now, chosen) => {
    const material: Pair =
      chosen === undefined
        ? {
            kind: "pair",
            id: `${idPrefix}${randomLetters(random, idLetters)}`,
            secret: automaticSecret(random),
          }
        : chosenPair(chosen);
    return { id: material.id as KeyId, material };
  },
  renew: (random, key, chosen) => {
    refuseOtherId(key, chosen);
    return {
      kind: "pair",
      id: key.id,
      secret: renewed(key, chosen === undefined ? undefined : requirePair(chosen).secret, random),
    };
  },
  // The service's own update ends the old secret at once; a grace is what the facade may ask for.
  overlap: true,
  graceSeconds: () => 0,
  presented: (material) => pairOf(material).secret,
  isChosen: ({ native }) => apigatewayNative.parse(native).type === "manual",
  signs: true,
  probed: true,
  mask: (material) => {
    const pair = pairOf(material);
    return { ...pair, secret: new Secret(maskSecret(pair.secret.expose())) };
  },
  variantOf: ({ native }) => apigatewayNative.parse(native).type,
  native: apigatewayNative,
  fields: apigatewayFields,
  regional: true,
  rules: {
    create: ({ name }) => {
      if (secretName.test(name)) return;
      throw wrong("name (`SecretName`)", "name", "must be 1 to 50 letters, digits, `_` or `-`");
    },
    change: (before, after) => {
      const [was, is] = [apigatewayNative.parse(before.native), apigatewayNative.parse(after.native)];
      // Plans are joined and left by binding, which writes both sides.
      const plansStay = String(is.usagePlans) === String(was.usagePlans);
      if (after.name === before.name && is.type === was.type && plansStay) return;
      throw new Refusal(
        "field_value_invalid",
        "The name (`SecretName`), type and usage plans of a key are not changed by an update.",
      );
    },
    setStatus: (before, status) => {
      if (before.status !== status) return;
      throw unsuitable(`The key is already ${status}.`, "update");
    },
    // The console's guide: a disabled key cannot be updated. Its code is inferred from what the code's text says.
    renew: (key) => {
      if (key.status === "disabled")
        throw unsuitable("A disabled key cannot be updated. Enable it.", "update");
    },
    // Which of the two is looked at first is inferred.
    remove: (key) => {
      if (key.status === "enabled") throw unsuitable("The key is enabled. Disable it first.", "status");
      if (apigatewayNative.parse(key.native).usagePlans.length > 0) {
        throw new Refusal("in_use", "The key is bound to a usage plan. Unbind it first.");
      }
    },
  },
  keysMax: 400,
  settings: apigatewaySettings,
  embeddedOnly: ["plansMax"],
};
