import type { Caller } from "../../caller.ts";
import type { Bindings } from "../../dialect.ts";
import type { System } from "../system.ts";

/** What keys are bound to, each with its keys. A plan that is gone between two readings has none. */
interface Bound {
  readonly id: string;
  readonly keys: readonly string[];
}

/** As documented, plans of one account are few: so many are read one by one. */
const boundMax = 1000;

export const bindingsOf = async (
  system: System,
  bindings: Bindings,
  caller: Caller,
): Promise<readonly Bound[]> => {
  const ids: string[] = [];
  for (;;) {
    const page = await system.ask(caller, bindings.list(ids.length), true, bindings.listed);
    ids.push(...page.ids);
    if (page.ids.length === 0 || ids.length >= page.total) break;
    if (ids.length > boundMax) throw new Error("a real system whose list of bindings does not end");
  }
  const found: Bound[] = [];
  for (const id of ids) {
    found.push({ id, keys: await system.ask(caller, bindings.read(id), true, bindings.keys) });
  }
  return found;
};

/** Binds `to` to all that `from` is bound to; what it is bound to already is left alone. */
export const rebind = async (
  system: System,
  bindings: Bindings,
  caller: Caller,
  from: string,
  to: string,
): Promise<void> => {
  for (const { id, keys } of await bindingsOf(system, bindings, caller)) {
    if (!keys.includes(from) || keys.includes(to)) continue;
    await system.ask(caller, bindings.bind(id, to), false, () => undefined);
  }
};
