import { Refusal } from "../../lib/errors.ts";
import { type House, webhooksOf } from "../../lib/house.ts";

/** Told before it is kept; what a name leads to is judged at each delivery. */
export const checkUrl = (house: House, url: string): void => {
  const message = webhooksOf(house).targetFault(url);
  if (message === undefined) return;
  throw new Refusal("field_value_invalid", `The parameter \`url\` ${message}`, {
    issues: [{ path: "url", message }],
  });
};
