import * as z from "zod";
import { type Verdict, verdict } from "../../lib/schemas/verdict.ts";
import { callFacade, type FacadeReply } from "./facade.ts";
import type { TestKeyway } from "./keyway.ts";

type Server = Pick<TestKeyway, "url" | "root">;

interface Options {
  readonly token?: string;
  /** `?explain=true` */
  readonly query?: string;
}

/** Verification by plain fetch. The server does not check its verdicts against their schema, so every one is here. */
export const verifierOf = (keyway: Server) => {
  const ask = (body: unknown, { token, query = "" }: Options = {}): Promise<FacadeReply> =>
    callFacade(keyway, "POST", `/v1/verify${query}`, { body, ...(token === undefined ? {} : { token }) });
  return {
    ask,
    verify: async (body: unknown, options?: Options): Promise<Verdict> => {
      const reply = await ask(body, options);
      if (reply.status !== 200) throw new Error(`verify answered ${reply.status} ${reply.text}`);
      return verdict.parse(reply.body);
    },
    settle: (requestId: string, body: unknown, token?: string): Promise<FacadeReply> =>
      callFacade(keyway, "POST", `/v1/verify/${requestId}/settle`, {
        body,
        ...(token === undefined ? {} : { token }),
      }),
  };
};

const token = z.object({ kind: z.literal("token"), value: z.string() });
const pair = z.object({ kind: z.literal("pair"), id: z.string(), secret: z.string() });

export const tokenOf = ({ material }: { readonly material: unknown }): string => token.parse(material).value;
export const pairOf = ({ material }: { readonly material: unknown }): { id: string; secret: string } => {
  const { id, secret } = pair.parse(material);
  return { id, secret };
};
