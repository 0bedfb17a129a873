import { applyWish } from "../../keys/asked.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Facing } from "../facing.ts";
import { csipCapabilities } from "./capabilities.ts";
import { csipNative } from "./native.ts";

/** On all machines, unless told otherwise. */
const everywhere = { Exclude: 1, Instances: [] };

export const csipFacing: Facing = {
  capabilities: csipCapabilities,
  complete: (before, wish, { isNew }) => {
    const asked = applyWish(before, wish);
    if (!isNew) return asked;
    return { ...asked, native: parseInput(csipNative, wish.native ?? everywhere, "native") };
  },
};
