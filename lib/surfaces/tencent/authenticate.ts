import type { Authenticator, SigningIdentity } from "../../access/authenticate.ts";
import type { Principal } from "../../access/principal.ts";
import { Refusal } from "../../errors.ts";
import type { HttpRequest } from "../../http.ts";
import { checkTime, type Tc3Claim, verifyTc3 } from "../../signing/tc3-verifier.ts";
import { verifyV1 } from "../../signing/v1-verifier.ts";
import type { TencentCall } from "./call.ts";

/**
 * Who signed this call. Order of the checks as at the real gateway: SecretId, time, signature, token. `seen` is told
 * whose SecretId it is before the proof, so that a refusal counts where its owner can see it.
 */
export const authenticate = async (
  request: HttpRequest,
  call: TencentCall,
  authenticator: Authenticator,
  now: Date,
  seen: (principal: Principal) => void,
): Promise<Principal> => {
  const { proof } = call;
  const secretId = proof.kind === "tc3" ? proof.claim.secretId : proof.secretId;
  const identity = await authenticator.bySecretId(secretId, request.turn);
  if (identity === undefined) {
    throw new Refusal(
      "credential_unknown",
      "The SecretId is not found. Check that it exists and was not removed.",
    );
  }
  seen(identity.principal);
  checkWindow(call, Math.floor(now.getTime() / 1000));
  const holds =
    proof.kind === "tc3"
      ? tc3Holds(request, call, proof.claim, identity)
      : v1Holds(request, proof.params, identity);
  if (!holds) {
    throw new Refusal(
      "signature_mismatch",
      "The signature does not match the request. Check the SecretKey and that the signed method, host, headers and body are the sent ones.",
    );
  }
  if (call.token !== undefined && call.token !== "") {
    throw new Refusal("token_invalid", "This SecretId is permanent and goes without a token.");
  }
  return identity.principal;
};

const checkWindow = (call: TencentCall, nowSeconds: number): void => {
  const seconds = Number(call.timestamp);
  const scope = call.proof.kind === "tc3" ? call.proof.claim : {};
  const verdict = checkTime(scope, seconds, nowSeconds);
  if (verdict === "expired") {
    throw new Refusal(
      "signature_expired",
      `The signature is expired: \`Timestamp\` differs from the server's time, ${nowSeconds}, by more than five minutes.`,
    );
  }
  if (verdict === "mismatch") {
    throw new Refusal(
      "signature_mismatch",
      "The date of the credential scope is not the UTC date of `Timestamp`.",
    );
  }
};

const tc3Holds = (
  request: HttpRequest,
  call: TencentCall,
  claim: Tc3Claim,
  identity: SigningIdentity,
): boolean => {
  const key = identity.tc3Key(claim.date, claim.service);
  const { method, path, headers, body } = request;
  const holds = request.rawQueries.some((query) =>
    verifyTc3({ method, path, query, headers, body }, claim, call.timestamp, key),
  );
  if (holds) identity.keepTc3Key(claim.date, claim.service, key);
  return holds;
};

const v1Holds = (
  request: HttpRequest,
  params: ReadonlyMap<string, string>,
  identity: SigningIdentity,
): boolean => verifyV1(request.method, request.headers.host ?? "", request.path, params, identity.v1Key());
