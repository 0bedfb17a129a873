import * as z from "zod";
import { callFacade, type FacadeReply } from "./facade.ts";
import type { TestKeyway } from "./keyway.ts";

const issued = z.object({
  key: z.looseObject({ id: z.string(), version: z.number(), status: z.string(), preview: z.string() }),
  material: z.looseObject({ kind: z.string() }).nullable(),
});
export type Issued = z.infer<typeof issued>;

/** What each embedded provider needs at least for a key. */
export const leastBody = {
  tokenhub: {},
  apigateway: {},
  csip: { material: { kind: "fields", fields: [{ name: "password", value: "made-up-for-a-test" }] } },
  aione: {},
} as const;
export type ProviderName = keyof typeof leastBody;
export const providerNames = Object.keys(leastBody) as readonly ProviderName[];

interface CallOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The facade's key operations in short, by plain fetch. */
export const facadeOf = (keyway: Pick<TestKeyway, "url" | "root">) => {
  const call = (
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<FacadeReply> =>
    callFacade(keyway, method, path, { ...(body === undefined ? {} : { body }), ...options });
  return {
    call,
    create: async (provider: string, body: object = {}, options?: CallOptions): Promise<Issued> => {
      const least = provider in leastBody ? leastBody[provider as ProviderName] : {};
      const reply = await call("POST", "/v1/keys", { provider, name: "a-key", ...least, ...body }, options);
      if (reply.status !== 201) throw new Error(`create answered ${reply.status} ${reply.text}`);
      return issued.parse(reply.body);
    },
  };
};
