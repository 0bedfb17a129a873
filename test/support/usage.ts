import * as z from "zod";
import type { facadeOf, Issued } from "./facade-client.ts";

type Facade = ReturnType<typeof facadeOf>;

const verdict = z.object({ code: z.string(), requestId: z.string() });

/** What a key's own caller presents; of keys that are tokens. */
export const secretOf = ({ material }: Issued): string =>
  z.object({ value: z.string() }).parse(material).value;

/** A call that is verified, and settled where it came to something. Answers the verdict's code. */
export const spend = async (
  facade: Facade,
  key: string,
  ask: object = {},
  settlement?: object,
  token?: string,
): Promise<string> => {
  const options = token === undefined ? {} : { token };
  const reply = await facade.call("POST", "/v1/verify", { key, ...ask }, options);
  const { code, requestId } = verdict.parse(reply.body);
  if (settlement !== undefined) {
    const settled = await facade.call("POST", `/v1/verify/${requestId}/settle`, settlement, options);
    if (settled.status !== 200) throw new Error(`settle answered ${settled.status} ${settled.text}`);
  }
  return code;
};
