import { Refusal } from "../../errors.ts";
import { applyWish } from "../../keys/asked.ts";
import { parseInput } from "../../schemas/issues.ts";
import type { Facing } from "../facing.ts";
import { apigatewayCapabilities } from "./capabilities.ts";
import { apigatewayGiven } from "./native.ts";

export const apigatewayFacing: Facing = {
  capabilities: apigatewayCapabilities,
  complete: (before, wish, { isNew, material }) => {
    const asked = applyWish(before, wish);
    if (!isNew) return asked;
    const native = parseInput(apigatewayGiven, wish.native ?? {}, "native");
    const type = native.type ?? (material === undefined ? "auto" : "manual");
    if ((type === "manual") !== (material !== undefined)) {
      throw new Refusal(
        "field_conflict",
        "A key of the type `manual` brings its `material`, a pair of id and secret; one of the type `auto` brings none.",
        { issues: [{ path: "material", message: "goes with the type `manual`, and with it only" }] },
      );
    }
    if ((native.usagePlans ?? []).length > 0) {
      throw new Refusal(
        "field_value_invalid",
        "A new key is in no usage plan: leave `native.usagePlans` out.",
        { issues: [{ path: "native.usagePlans", message: "must be left out" }] },
      );
    }
    return { ...asked, native: { type, usagePlans: [] } };
  },
};
