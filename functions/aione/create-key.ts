import { defineRestAction } from "../../lib/action.ts";
import { Refusal } from "../../lib/errors.ts";
import { unrestricted } from "../../lib/keys/limits.ts";
import { checkModels, restrict, toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { isToCome } from "../../lib/providers/expiry.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { createKeyRequest, keyResponse } from "../../lib/schemas/aione.ts";

/** The last moment that RFC 3339 can write. */
const timeMax = Date.parse("9999-12-31T23:59:59.999Z");

/** The one reply, besides a rotation's, that carries the secret. */
export const createKey = defineRestAction({
  profile: aioneProfile,
  name: "CreateKey",
  route: { method: "POST", path: "/api/v1/gateway/keys", status: 200, body: true, plane: "management" },
  permission: "keys:create",
  request: createKeyRequest,
  reply: keyResponse,
  run: async ({ body }, { caller, region, provider, clock }) => {
    checkModels(provider, body);
    const now = clock();
    const expiresAt = body.expires_at ?? null;
    if (expiresAt !== null && (!isToCome(expiresAt, now) || Date.parse(expiresAt) > timeMax)) {
      const issues = [
        { path: "body.expires_at", message: "date must lie in the future, before the year 10000" },
      ];
      throw new Refusal("field_value_invalid", "The expiry is not a time to come.", { issues });
    }
    const { key, material } = await provider.create(caller, region, {
      ...restrict(unrestricted, body),
      name: body.name,
      description: "",
      status: "enabled",
      sandbox: body.is_sandbox ?? false,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      team: body.team_id ?? null,
      native: {},
    });
    return toKeyResponse(key, caller.account, now, material);
  },
});

export const handler = restHandler(createKey);
