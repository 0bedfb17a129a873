import { Refusal } from "../../errors.ts";
import type { Restrictions } from "../../keys/limits.ts";
import type { Material } from "../../keys/material.ts";
import type { KeyResponse } from "../../schemas/aione.ts";
import type { Key } from "../../schemas/key.ts";
import type { AccountRecord } from "../../store/port/records.ts";
import type { EmbeddedProvider } from "../embedded.ts";
import { keyPrefixOf, secretOf } from "./profile.ts";
import { settingsOf } from "./settings.ts";

/** The fields that creation and update share, as they came. */
interface Wanted {
  readonly models_allowed?: readonly string[] | null | undefined;
  readonly allowed_ips?: readonly string[] | null | undefined;
  readonly rpm_limit?: number | null | undefined;
  readonly tpm_limit?: number | null | undefined;
}

/** No models, or none named, is no restriction (inferred): nobody asks for a key that may nothing. */
const modelsOf = (allowed: readonly string[] | null): Key["scope"]["models"] =>
  allowed === null || allowed.length === 0 ? "all" : [...allowed];

/** What is absent stays as it was, null clears. */
export const restrict = (before: Restrictions, wanted: Wanted): Restrictions => ({
  scope:
    wanted.models_allowed === undefined
      ? before.scope
      : { ...before.scope, models: modelsOf(wanted.models_allowed) },
  ipAllowlist: wanted.allowed_ips === undefined ? before.ipAllowlist : [...(wanted.allowed_ips ?? [])],
  limits: {
    ...before.limits,
    requestsPerMinute: wanted.rpm_limit === undefined ? before.limits.requestsPerMinute : wanted.rpm_limit,
    tokensPerMinute: wanted.tpm_limit === undefined ? before.limits.tokensPerMinute : wanted.tpm_limit,
  },
});

/** With a catalogue, a model outside it is a mistake, and not a restriction that nothing fits. */
export const checkModels = (provider: EmbeddedProvider, { models_allowed }: Wanted): void => {
  const { models } = settingsOf(provider);
  if (models === undefined) return;
  const known = new Set(models.map(({ id }) => id));
  const issues = (models_allowed ?? []).flatMap((id, place) =>
    known.has(id) ? [] : [{ path: `body.models_allowed.${place}`, message: "model is not in the catalogue" }],
  );
  if (issues.length > 0) throw new Refusal("field_value_invalid", "A model is unknown.", { issues });
};

const orNull = (list: readonly string[]): string[] | null => (list.length === 0 ? null : [...list]);

/** With `material`, the secret stands in the reply: at creation and rotation, and nowhere else. */
export const toKeyResponse = (
  key: Key,
  account: AccountRecord,
  now: Date,
  material?: Material,
): KeyResponse => ({
  id: key.id,
  org_id: account.organisation,
  team_id: key.owner.team,
  name: key.name,
  key: material === undefined ? null : secretOf(material).expose(),
  key_prefix: keyPrefixOf(key.preview),
  models_allowed: key.scope.models === "all" ? null : key.scope.models,
  rpm_limit: key.limits.requestsPerMinute,
  tpm_limit: key.limits.tokensPerMinute,
  is_sandbox: key.sandbox,
  allowed_ips: orNull(key.ipAllowlist),
  expires_at: key.expiresAt,
  rotate_grace_until:
    key.graceUntil !== null && Date.parse(key.graceUntil) > now.getTime() ? key.graceUntil : null,
  status: key.status === "enabled" ? "active" : "disabled",
  created_at: key.createdAt,
});
