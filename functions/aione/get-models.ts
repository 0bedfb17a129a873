import { defineRestAction } from "../../lib/action.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { settingsOf } from "../../lib/providers/aione/settings.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { bareRequest, modelsResponse } from "../../lib/schemas/aione.ts";

/** What the calling key may use of the catalogue. */
export const getModels = defineRestAction({
  profile: aioneProfile,
  name: "GetModels",
  route: { method: "GET", path: "/v1/models", status: 200, body: false, plane: "data" },
  permission: "keys:read",
  request: bareRequest,
  reply: modelsResponse,
  run: async (_input, { provider, presented }) => {
    const { models = [] } = settingsOf(provider);
    const allowed = presented?.scope.models ?? "all";
    return {
      object: "list" as const,
      data: models
        .filter(({ id }) => allowed === "all" || allowed.includes(id))
        .map(({ id, name = id }) => ({
          id,
          object: "model" as const,
          created: 0, // when a model began is not in the catalogue
          owned_by: "aione",
          display_name: name,
        })),
    };
  },
});

export const handler = restHandler(getModels);
