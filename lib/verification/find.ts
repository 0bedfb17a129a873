import { createSecretKey } from "node:crypto";
import { may, type Principal } from "../access/principal.ts";
import { fromSealedText } from "../keys/material.ts";
import { parseGatewayAuthorization, verifyGateway } from "../signing/gateway-hmac.ts";
import type { PresentedKey } from "../store/port/presented.ts";
import type { SealedSecret } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { readAccountRules } from "./account-rules.ts";
import type { VerifierParts } from "./parts.ts";
import type { Presented } from "./presented.ts";

export type Finding = Pick<VerifierParts, "store" | "vault" | "profiles">;

/**
 * The key that a presented secret is one of, among those that the principal may ask about; a replaced secret whose
 * grace is over is nobody's any more. What is not there and what is not the principal's are one answer.
 */
export const findPresented = (
  parts: Finding,
  principal: Principal,
  presented: Presented,
  provider: string | undefined,
  now: number,
): PresentedKey | undefined | Promise<PresentedKey | undefined> => {
  const chosen = (candidates: readonly PresentedKey[]): PresentedKey | undefined =>
    candidates.find(
      ({ record, secret }) =>
        (provider === undefined || provider === record.key.provider) &&
        isShown(record, presented) &&
        parts.profiles.get(record.key.provider)?.service === record.service &&
        may(principal, "keys:verify", record.key.provider) &&
        (secret.until === null || now < Date.parse(secret.until)),
    );
  const candidates = candidatesFor(parts, principal, presented, now);
  // Each wait is a turn of the queue for every call: what is at hand is not waited for.
  return candidates instanceof Promise ? candidates.then(chosen) : chosen(candidates);
};

/** Secrets of pairs that people choose repeat; together with the id they do not. Half a pair is no token. */
const isShown = ({ materialKind, key }: PresentedKey["record"], presented: Presented): boolean => {
  switch (presented.kind) {
    case "token":
      return materialKind === "token";
    case "pair":
      return materialKind === "pair" && key.id === presented.id;
    case "signed":
      return materialKind === "pair";
  }
};

const candidatesFor = (
  parts: Finding,
  principal: Principal,
  presented: Presented,
  now: number,
): ReturnType<Store["findPresented"]> => {
  const { store, vault, profiles } = parts;
  switch (presented.kind) {
    case "token": {
      const text = presented.token.expose();
      const digest = vault.digest(text);
      const atHand = store.presentedAtHand(principal.account.id, digest);
      if (atHand !== undefined) return atHand;
      // A mistyped key of a known form costs no read.
      for (const { mistyped } of profiles.values()) if (mistyped?.(text) === true) return [];
      return store.findPresented(principal.account.id, digest);
    }
    case "pair":
      return store.findPresented(principal.account.id, vault.digest(presented.secret.expose()));
    case "signed":
      return signer(parts, principal, presented, now);
  }
};

/** A signature shows no secret to look for: its key is found by the id, and its secrets have to be opened. */
const signer = async (
  { store, vault, profiles }: Finding,
  { account }: Principal,
  { authorization, headers }: Extract<Presented, { kind: "signed" }>,
  now: number,
): Promise<readonly PresentedKey[]> => {
  const claim = parseGatewayAuthorization(authorization);
  if (claim === undefined) return [];
  const signing = [...profiles.values()].find(({ signs }) => signs === true);
  const stored = signing && (await store.readKey(account.id, signing.service, claim.id));
  if (stored === undefined) return [];
  const { record } = stored;
  const seconds = Math.floor(now / 1000);

  const isBy = async ({ generation, sealed }: SealedSecret): Promise<boolean> => {
    const place = { account: record.account, service: record.service, id: record.key.id, generation };
    const material = fromSealedText(await vault.open(place, sealed));
    if (material.kind !== "pair") return false;
    const key = createSecretKey(material.secret.expose(), "utf8");
    return verifyGateway({ authorization, headers }, { id: material.id, key }, seconds) === "ok";
  };

  const replaced = async (): Promise<SealedSecret | undefined> =>
    record.key.graceUntil === null
      ? undefined
      : store.readSecret(record.account, record.service, record.key.id, record.generation - 1);

  const secret = (await isBy(stored.secret)) ? stored.secret : await replaced();
  if (secret === undefined || (secret !== stored.secret && !(await isBy(secret)))) return [];
  const rules = await readAccountRules(store, account.id);
  return [{ record, secret, accountRules: rules?.body }];
};
