import type { Provider } from "../../port.ts";

/** What ends a key takes the name by which its receipt shall call it, where callers know it by another one. */
export interface Inner extends Provider {
  disable(...args: [...Parameters<Provider["disable"]>, known?: string]): ReturnType<Provider["disable"]>;
  rotate(...args: [...Parameters<Provider["rotate"]>, known?: string]): ReturnType<Provider["rotate"]>;
  remove(...args: [...Parameters<Provider["remove"]>, known?: string]): ReturnType<Provider["remove"]>;
}
