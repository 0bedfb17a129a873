/** What a principal may do. An action or operation names exactly one of these. */
export const permissions = [
  "keys:read",
  "keys:reveal",
  "keys:create",
  "keys:update",
  "keys:status",
  "keys:delete",
  "keys:rotate",
  "keys:verify",
  "usage:read",
  "audit:read",
  "webhooks:read",
  "webhooks:manage",
  "credentials:manage",
  "policies:manage",
  "accounts:manage",
] as const;
export type Permission = (typeof permissions)[number];

const reading = ["keys:read", "usage:read"] as const;
const operating = [
  ...reading,
  "keys:reveal",
  "keys:create",
  "keys:update",
  "keys:status",
  "keys:delete",
  "keys:rotate",
  "keys:verify",
] as const;
const administering = [
  ...operating,
  "audit:read",
  "webhooks:read",
  "webhooks:manage",
  "credentials:manage",
  "policies:manage",
] as const;

/** A role is a named set of permissions. `docs/permissions.md` shows this table; a test compares the two. */
const roles = {
  viewer: reading,
  verifier: ["keys:verify"],
  operator: operating,
  auditor: [...reading, "audit:read", "webhooks:read"],
  admin: administering,
  platform: [...administering, "accounts:manage"],
} as const satisfies Readonly<Record<string, readonly Permission[]>>;

export type Role = keyof typeof roles;
export const roleNames = [
  "viewer",
  "verifier",
  "operator",
  "auditor",
  "admin",
  "platform",
] as const satisfies Role[];

const sets = new Map<string, ReadonlySet<Permission>>(
  Object.entries(roles).map(([name, granted]) => [name, new Set<Permission>(granted)]),
);

/** A role that this version does not know grants nothing. */
export const grants = (role: string, permission: Permission): boolean =>
  sets.get(role)?.has(permission) ?? false;
