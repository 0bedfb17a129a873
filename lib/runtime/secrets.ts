import * as z from "zod";
import { AwsFailure, isPassing } from "../aws/failure.ts";
import { lightCall, wires } from "../aws/light.ts";
import { ConfigFault, type Environment } from "./config.ts";

/** The values of the variables that `keyway.json` names. */
export interface Secrets {
  readonly values: Environment;
  /** As it was read, to tell whether it has changed; null of the environment, which does not. */
  readonly text: string | null;
}

/** The parameter could not be asked for: what is known of it stays true. */
export class SecretsAway extends Error {
  override readonly name = "SecretsAway";
}

const advice: Readonly<Record<string, string>> = {
  ParameterNotFound: "there is no such parameter: make it, or correct its name",
  AccessDeniedException:
    "allow the function's role ssm:GetParameter on it, and kms:Decrypt on the key that encrypts it",
};

const answer = z.object({
  Parameter: z.object({ Type: z.string(), Value: z.string() }),
});
const secure = "SecureString";
const values = z.record(z.string(), z.string());

/** From the one parameter that KEYWAY_SECRETS names, where it names one; a process that needs none asks for none. */
export const readSecrets = async (env: Environment, needed: readonly string[]): Promise<Secrets> => {
  const Name = env.KEYWAY_SECRETS ?? "";
  if (Name === "" || needed.length === 0) return { values: env, text: null };
  const fault = (what: string): ConfigFault =>
    new ConfigFault([`KEYWAY_SECRETS: the parameter ${Name} ${what}.`]);
  const reply = await lightCall(wires.ssm, env)("GetParameter", { Name, WithDecryption: true }).catch(
    (error: unknown) => {
      if (!(error instanceof AwsFailure)) throw error;
      const { code, requestId } = error;
      const why = `cannot be read: ${code}${requestId === undefined ? "" : `, request ${requestId}`}`;
      if (isPassing(error)) throw new SecretsAway(`KEYWAY_SECRETS: the parameter ${Name} ${why}.`);
      throw fault(`${why}; ${advice[code] ?? "see what CloudTrail says of it"}`);
    },
  );
  const { Type, Value } = answer.parse(reply).Parameter;
  if (Type !== secure) throw fault(`must be a ${secure}: what it holds is kept in clear`);
  const read = values.safeParse(objectIn(Value));
  if (!read.success) throw fault("must hold a JSON object of names and texts");
  return { values: read.data, text: Value };
};

/** Undefined for what is no JSON. The error would quote it. */
const objectIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
