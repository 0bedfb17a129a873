import { defineRestAction } from "../../lib/action.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { settingsOf } from "../../lib/providers/aione/settings.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { bareRequest, modelListResponse } from "../../lib/schemas/aione.ts";

/** The management list of the catalogue. Its path and fields are not published (inferred). */
export const listModels = defineRestAction({
  profile: aioneProfile,
  name: "ListModels",
  route: { method: "GET", path: "/api/v1/gateway/models", status: 200, body: false, plane: "management" },
  permission: "keys:read",
  request: bareRequest,
  reply: modelListResponse,
  run: async (_input, { provider }) => {
    const { models = [] } = settingsOf(provider);
    return { items: models.map(({ id, name = id }) => ({ id, name })), total: models.length };
  },
});

export const handler = restHandler(listModels);
