import { createPrivateKey } from "node:crypto";
import type { RandomBytes } from "../keys/random.ts";
import { Secret } from "../keys/secret.ts";
import type { Place, Vault } from "../sealing/vault.ts";
import {
  parseWebhookKey,
  showWebhookPrivateKey,
  showWebhookPublicKey,
  showWebhookSecret,
  type WebhookKey,
} from "../signing/standard-webhooks.ts";
import { type Endpoint, type EndpointSecret, isLive } from "./endpoint.ts";

/** Within the 24 to 64 bytes of the specification, and as long as what HMAC-SHA256 answers. */
const secretBytes = 32;

const seedBytes = 32;
/** PKCS#8 around the seed of an Ed25519 key (RFC 8410). */
const seedFrame = Buffer.from("302e020100300506032b657004220420", "hex");

const placeOf = ({ account, id }: Pick<Endpoint, "account" | "id">, generation: number): Place => ({
  account,
  service: "keyway",
  id,
  generation,
});

interface NewSecret {
  readonly stored: EndpointSecret;
  /** What the receiver gets, once; null where it needs the public half alone. */
  readonly shown: Secret | null;
}

/** One for each endpoint and generation, sealed for that place: copied to another, it does not open. */
export const newSecret = async (
  { vault, random }: { readonly vault: Vault; readonly random: RandomBytes },
  endpoint: Pick<Endpoint, "account" | "id" | "scheme">,
  generation: number,
): Promise<NewSecret> => {
  const place = placeOf(endpoint, generation);
  if (endpoint.scheme === "v1") {
    const shown = new Secret(showWebhookSecret(Buffer.from(random(secretBytes))));
    const sealed = await vault.seal(place, shown);
    return { stored: { generation, sealed, publicKey: null, until: null }, shown };
  }
  const key = Buffer.concat([seedFrame, random(seedBytes)]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const sealed = await vault.seal(place, new Secret(showWebhookPrivateKey(privateKey)));
  const publicKey = showWebhookPublicKey(privateKey);
  return { stored: { generation, sealed, publicKey, until: null }, shown: null };
};

/** Those that sign now, the newest first. */
export const signingKeys = async (
  vault: Pick<Vault, "open">,
  endpoint: Endpoint,
  now: Date,
): Promise<readonly WebhookKey[]> =>
  Promise.all(
    endpoint.secrets
      .filter((one) => isLive(one, now))
      .map(async ({ generation, sealed }) => {
        const key = parseWebhookKey((await vault.open(placeOf(endpoint, generation), sealed)).expose());
        if (key === undefined) throw new Error("an endpoint's secret has no known form");
        return key;
      }),
  );
