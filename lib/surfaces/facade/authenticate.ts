import type { Principal } from "../../access/principal.ts";
import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpRequest } from "../../http.ts";
import { bearerOf } from "../bearer.ts";

const challenge = (error = "") => ({
  headers: { "www-authenticate": `Bearer realm="keyway"${error === "" ? "" : `, error="${error}"`}` },
});

/** Missing, malformed and wrong credentials each have their own answer (RFC 6750, section 3). */
export const authenticate = async (
  request: HttpRequest,
  house: House,
  isHot: boolean,
): Promise<Principal> => {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new Refusal(
      "authorization_malformed",
      "Send the token of a credential as `Authorization: Bearer …`.",
      challenge(),
    );
  }
  const token = bearerOf(header);
  if (token === undefined || token === "") {
    throw new Refusal(
      "authorization_malformed",
      "The Authorization header must be `Bearer` and one token.",
      challenge("invalid_request"),
    );
  }
  const { byToken, verifierByToken } = house.authenticator;
  const principal = await (isHot ? verifierByToken : byToken)(token, request.turn);
  if (principal === undefined) {
    throw new Refusal(
      "token_invalid",
      "The token is not one of a live credential.",
      challenge("invalid_token"),
    );
  }
  return principal;
};
