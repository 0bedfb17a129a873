import { noLimits } from "../../keys/limits.ts";
import { Secret } from "../../keys/secret.ts";
import type { KeyResponse } from "../../schemas/aione.ts";
import { instant, type WireKey, type WirePlace, wireKey } from "../from-wire.ts";
import { isClear } from "./profile.ts";

const orNull = (time: string | null): string | null => (time === null ? null : instant(time));

/** The service tells no time of change: a key counts as changed when it was created. */
export const fromWire = (reply: KeyResponse, place: WirePlace): WireKey => {
  const createdAt = instant(reply.created_at);
  const said = {
    id: reply.id,
    name: reply.name,
    // An open text: whatever is not active does not work.
    status: reply.status === "active" ? ("enabled" as const) : ("disabled" as const),
    preview: reply.key_prefix,
    createdAt,
    updatedAt: createdAt,
    native: {},
  };
  const models = reply.models_allowed ?? [];
  const key = wireKey(place, said, {
    team: reply.team_id,
    scope: { models: models.length === 0 ? "all" : models, endpoints: "all" },
    ipAllowlist: reply.allowed_ips ?? [],
    limits: { ...noLimits, requestsPerMinute: reply.rpm_limit, tokensPerMinute: reply.tpm_limit },
    sandbox: reply.is_sandbox,
    expiresAt: orNull(reply.expires_at),
    graceUntil: orNull(reply.rotate_grace_until),
  });
  if (reply.key === null || !isClear(reply.key)) return { key };
  return { key, material: { kind: "token", value: new Secret(reply.key) } };
};
