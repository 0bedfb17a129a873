import { setImmediate as endOfTurn } from "node:timers/promises";
import { may, type Principal } from "../access/principal.ts";
import type { House } from "../house.ts";
import { parseAddress } from "../keys/allowlist.ts";
import { verificationOf } from "../operation.ts";
import { profiles } from "../providers/profiles.ts";
import { presentedInHeaders } from "../surfaces/forward-auth/presented.ts";
import { toldOf } from "../surfaces/forward-auth/told.ts";
import { forwardedAskOf } from "../verification/ask.ts";
import { openVerification } from "../verification/open.ts";
import { type AuthorizerConfig, readAuthorizerConfig } from "./authorizer-config.ts";
import { type Answer, type Asked, answerTo, askedBy } from "./authorizer-events.ts";
import { openHouse } from "./compose.ts";
import { readConfig } from "./config.ts";
import { parts } from "./config-part.ts";
import { openedOnce } from "./opened-once.ts";
import { lightStorage } from "./storage-light.ts";

interface Opened {
  readonly house: House;
  readonly config: AuthorizerConfig;
}

const open = async (): Promise<Opened> => {
  const config = readConfig(process.env, profiles, { part: parts.verifying });
  const own = readAuthorizerConfig(process.env, config.providers);
  const house = await openHouse(config, profiles, {
    openStorage: lightStorage,
    isFunction: true,
    facade: { openVerification },
  });
  return { house, config: own };
};

/**
 * API Gateway's authorizer over the same verdict. Whatever it throws is answered 500 and lets nobody in: what is wrong
 * then is the deployment's, not the client's.
 */
export const authorizerHandler = (): ((event: unknown) => Promise<Answer>) => {
  const opened = openedOnce(open);
  return async (event) => {
    const asked = askedBy(event);
    if (asked === undefined) throw new Error("not an event of a REQUEST authorizer");
    const { house, config } = await opened();
    const answer = await decide(asked, house, config);
    await house.verification?.usage.written();
    // The process is frozen after the reply, and the log is written at the end of the turn.
    await endOfTurn();
    return answer;
  };
};

const decide = async (asked: Asked, house: House, config: AuthorizerConfig): Promise<Answer> => {
  const principal = await principalOf(house, config);
  const { settings, verifier } = verificationOf(house);
  const presented = presentedInHeaders(asked.headers, settings.keyHeader);
  if ("fault" in presented) return answerTo(asked, false, { status: presented.fault });
  const ip = parseAddress(asked.ip) === undefined ? undefined : asked.ip;
  const ask = forwardedAskOf({ ...presented.call, ip }, config.query, house.uuid());
  const verdict = await verifier.verify(principal, ask);
  const { code, valid, retryAfter } = verdict;
  if (valid) return answerTo(asked, true, { status: code, ...toldOf(verdict) });
  return answerTo(asked, false, {
    status: code,
    ...(retryAfter !== null && { retryAfter: String(retryAfter) }),
  });
};

/** A credential that is removed fails within seconds: docs/SECURITY.md. */
const principalOf = async (house: House, { token }: AuthorizerConfig): Promise<Principal> => {
  const principal = await house.authenticator.verifierByToken(token.expose());
  if (principal !== undefined && may(principal, "keys:verify", null)) return principal;
  const error = "KEYWAY_AUTHORIZER_TOKEN is not of a live credential that may verify";
  house.log({ level: "error", message: "nobody can be authorized", error });
  await endOfTurn();
  throw new Error(error);
};
