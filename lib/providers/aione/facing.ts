import { Refusal } from "../../errors.ts";
import { applyWish } from "../../keys/asked.ts";
import type { Facing } from "../facing.ts";
import { aioneCapabilities } from "./capabilities.ts";
import { aioneSettings } from "./settings.ts";

export const aioneFacing: Facing = {
  capabilities: aioneCapabilities,
  complete: (before, wish, { settings }) => {
    const asked = applyWish(before, wish);
    const { models } = aioneSettings.parse(settings);
    const wanted = wish.scope?.models;
    if (models === undefined || wanted === undefined || wanted === "all") return asked;
    const known = new Set(models.map(({ id }) => id));
    const issues = wanted.flatMap((id, place) =>
      known.has(id) ? [] : [{ path: `scope.models.${place}`, message: "is not in the provider's catalogue" }],
    );
    if (issues.length > 0) throw new Refusal("field_value_invalid", "A model is unknown.", { issues });
    return asked;
  },
};
