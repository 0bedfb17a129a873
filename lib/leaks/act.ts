import { Refusal } from "../errors.ts";
import type { Alongside, Caller } from "../providers/caller.ts";
import { anyRegion } from "../providers/embedded.ts";
import type { Key } from "../schemas/key.ts";
import type { LeakOutcome } from "../schemas/leaks.ts";
import type { LeakDecision } from "./decide.ts";
import type { keyFinding } from "./findings.ts";
import type { Holder } from "./match.ts";

export type Carried =
  /** The key was changed, and the report stands in the same commit. */
  | { readonly changed: true }
  | {
      readonly changed: false;
      readonly outcome: LeakOutcome;
      readonly finding: Parameters<typeof keyFinding>[0] | null;
    };

type Beside = (outcome: LeakOutcome, after: Key) => Alongside;

const unchanged = (
  outcome: LeakOutcome,
  finding: Extract<Carried, { changed: false }>["finding"] = null,
): Carried => ({
  changed: false,
  outcome,
  finding,
});

/**
 * Does what was decided, through the same doors and by the same rules as anybody who changes a key. Where a service
 * cannot rotate, the key is disabled: its secret is with others.
 */
export const carryOut = async (
  decision: LeakDecision,
  holder: Holder,
  caller: Caller,
  beside: Beside,
): Promise<Carried> => {
  switch (decision.do) {
    case "record":
      return unchanged("ended");
    case "find":
      return unchanged("finding", decision.finding);
    case "notify":
      return unchanged("notified", "leak.notified");
    default:
      return change(decision, holder, caller, beside);
  }
};

type Change = Extract<LeakDecision, { do: "disable" | "shrink" | "rotate" | "endGrace" }>;

const outcomes = {
  disable: "disabled",
  shrink: "shrunk",
  rotate: "rotated",
  endGrace: "grace_ended",
} as const satisfies Readonly<Record<Change["do"], LeakOutcome>>;

const change = async (decision: Change, holder: Holder, caller: Caller, beside: Beside): Promise<Carried> => {
  let changed = false;
  const alongside = (after: Key): Alongside => {
    changed = true;
    return beside(outcomes[decision.do], after);
  };
  try {
    await ask(decision, holder, { ...caller, alongside });
    // The grace was over before it could be ended.
    return changed ? { changed } : unchanged("ended");
  } catch (error) {
    if (!(error instanceof Refusal) || decision.do === "disable" || isMoved(error)) throw error;
    return change({ do: "disable" }, holder, caller, beside);
  }
};

/** Refusals that are about this moment: the key is read, and decided about, again. */
const isMoved = ({ code }: Refusal): boolean => ["version_mismatch", "not_found", "conflict"].includes(code);

const ask = async (decision: Change, { target, stored }: Holder, caller: Caller): Promise<unknown> => {
  const { id, version } = stored.record.key;
  const { port, engine } = target;
  const expected = [version];
  switch (decision.do) {
    case "disable":
      return port.setStatus(caller, id, "disabled", expected);
    case "shrink":
      return engine.withdrawScope(caller, anyRegion, id, expected);
    case "rotate": {
      const graceSeconds =
        port.capabilities.operations.grace === "refused" ? undefined : decision.graceSeconds;
      return port.rotate(caller, id, { graceSeconds, material: undefined }, expected);
    }
    case "endGrace":
      return engine.endGrace(caller, anyRegion, id, decision.graceUntil, expected);
  }
};
