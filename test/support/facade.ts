import * as z from "zod";
import type { Credentials, TestKeyway } from "./keyway.ts";

export interface FacadeReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly text: string;
}

/** A call of the facade by plain `fetch`. */
export const callFacade = async (
  keyway: Pick<TestKeyway, "url" | "root">,
  method: string,
  path: string,
  options: {
    readonly token?: string | null;
    readonly body?: unknown;
    readonly raw?: string;
    readonly type?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<FacadeReply> => {
  const token = options.token === undefined ? keyway.root.token : options.token;
  const text = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const response = await fetch(`${keyway.url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { "content-type": options.type ?? "application/json" }),
      ...options.headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const received = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: received === "" ? undefined : JSON.parse(received),
    text: received,
  };
};

const issued = z.object({
  credential: z.object({ id: z.string(), secretId: z.string(), subUin: z.string() }),
  secrets: z.object({ secretKey: z.string(), token: z.string() }),
});

export interface IssuedCredential extends Credentials {
  readonly id: string;
  readonly subUin: string;
}

const toCredential = (body: unknown): IssuedCredential => {
  const { credential, secrets } = issued.parse(body);
  return { id: credential.id, subUin: credential.subUin, secretId: credential.secretId, ...secrets };
};

/** A credential with a role in the root account, or in the account of another administrator's token. */
export const issueCredential = async (
  keyway: Pick<TestKeyway, "url" | "root">,
  role: string,
  options: { readonly token?: string; readonly providers?: readonly string[] } = {},
): Promise<IssuedCredential> => {
  const { token, providers } = options;
  const body = { name: `test ${role}`, role, ...(providers === undefined ? {} : { providers }) };
  const reply = await callFacade(keyway, "POST", "/v1/credentials", {
    body,
    ...(token === undefined ? {} : { token }),
  });
  return toCredential(reply.body);
};

/** Another tenant, with its first administrator. */
export const issueAccount = async (keyway: Pick<TestKeyway, "url" | "root">): Promise<IssuedCredential> =>
  toCredential((await callFacade(keyway, "POST", "/v1/accounts", { body: { name: "another tenant" } })).body);
