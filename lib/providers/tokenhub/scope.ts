import type { Scope } from "../../schemas/key.ts";
import type { BindingItem, BindType } from "../../schemas/tokenhub.ts";

const isCustomEndpoint = (id: string): boolean => id.startsWith("ep-");

/** An endpoint binding by a model's id means that model's default endpoint, so it grants the model too. */
const modelsOf = (bindings: readonly BindingItem[]): string[] => [
  ...new Set(
    bindings
      .filter((item) => item.ResourceType === "model" || !isCustomEndpoint(item.ResourceId))
      .map((item) => item.ResourceId),
  ),
];
const endpointsOf = (bindings: readonly BindingItem[]): string[] =>
  bindings.filter((item) => item.ResourceType === "endpoint").map((item) => item.ResourceId);

export const toScope = (bindType: BindType, bindings: readonly BindingItem[]): Scope => ({
  models: bindType === "all" || bindType === "model_all_endpoint_custom" ? "all" : modelsOf(bindings),
  endpoints: bindType === "all" || bindType === "model_custom_endpoint_all" ? "all" : endpointsOf(bindings),
});

export const fromScope = ({ models, endpoints }: Scope): BindType => {
  if (models === "all") return endpoints === "all" ? "all" : "model_all_endpoint_custom";
  return endpoints === "all" ? "model_custom_endpoint_all" : "model_custom_endpoint_custom";
};
