import { Refusal } from "../errors.ts";
import { keptMs, stepMs, type UsageStep } from "../store/port/usage.ts";

/** Whole steps, in milliseconds: from the first, before the second. */
export interface UsageRange {
  readonly step: UsageStep;
  readonly from: number;
  readonly to: number;
}

/** What a caller asks for; RFC 3339. */
interface Asked {
  readonly step: UsageStep;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Steps of a range whose beginning is not told. */
const stepsDefault = 24;

const dayMs = 86_400_000;

/** The steps that the asked time touches; refused where nothing can be in it, where it is too long to list, or older than what is kept. */
export const rangeOf = (asked: Asked, now: number, stepsMax: number): UsageRange => {
  const { step } = asked;
  const length = stepMs[step];
  const to = Math.ceil((asked.to === undefined ? now : Date.parse(asked.to)) / length) * length;
  const start = asked.from === undefined ? to - stepsDefault * length : Date.parse(asked.from);
  const from = Math.floor(start / length) * length;
  if (from > now) throw refused("is in the future");
  if (from >= to) throw refused("must be before `to`");
  if ((to - from) / length > stepsMax) {
    throw refused(
      `and \`to\` are more than ${stepsMax} steps apart: ask for a longer \`step\` or a shorter time`,
    );
  }
  if (from < now - keptMs[step] - length) {
    throw refused(`is too long ago: a ${step} is kept for ${keptMs[step] / dayMs} days`);
  }
  return { step, from, to };
};

const refused = (message: string): Refusal =>
  new Refusal("field_value_invalid", `The parameter \`from\` ${message}.`, {
    issues: [{ path: "from", message }],
  });
