import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Asked } from "../../keys/asked.ts";
import { sameContent } from "../../keys/content.ts";
import { Secret } from "../../keys/secret.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import { wireId } from "../from-wire.ts";
import { fromWire } from "./from-wire.ts";
import { isClear } from "./profile.ts";
import { withKnownNames } from "./rotated.ts";
import { isTime } from "./time.ts";

const keysPath = "/api/v1/gateway/keys";

/** What the sample shows as a text may be null or missing: nullability is not published. */
const orNull = <Of extends z.ZodType>(of: Of) =>
  of.nullish().transform((value): z.output<Of> | null => value ?? null);

const time = z.string().refine(isTime, { message: "must be a time" });
const limit = orNull(z.int().positive());

const keyReply = z.object({
  id: wireId,
  team_id: orNull(z.string()),
  name: z.string(),
  key: orNull(z.string()),
  key_prefix: z.string(),
  models_allowed: orNull(z.array(z.string())),
  rpm_limit: limit,
  tpm_limit: limit,
  is_sandbox: z.boolean(),
  allowed_ips: orNull(z.array(z.string())),
  expires_at: orNull(time),
  rotate_grace_until: orNull(time),
  status: z.string(),
  created_at: time,
});
/** The least that a rotation has to tell: which other fields its reply has is not published. */
const secretAlone = z.object({ key: z.string().refine(isClear) });
// A total is not published: whatever stands there, the items are all there are.
const list = z.object({ items: z.array(keyReply) });

/** An open text: whatever is not active does not work. Which organisation a key is of, the token says. */
const seen = ({ status, ...reply }: z.infer<typeof keyReply>) => ({
  ...reply,
  org_id: "",
  status: status === "active" ? ("active" as const) : ("disabled" as const),
});

const idForm = /^[\w-]{1,128}$/;

/** An id of dots would lead out of this path, whatever encodes it. */
const pathOf = (id: string, tail = ""): string => {
  if (!idForm.test(id)) throw new Refusal("not_found", "The specified key does not exist.");
  return `${keysPath}/${id}${tail}`;
};

/** The fields that creation and update share; null is no restriction. */
const restrictions = ({ scope, ipAllowlist, limits }: Asked) => ({
  models_allowed: scope.models === "all" ? null : scope.models,
  allowed_ips: ipAllowlist.length === 0 ? null : ipAllowlist,
  rpm_limit: limits.requestsPerMinute,
  tpm_limit: limits.tokensPerMinute,
});

export const aioneDialect: Dialect = {
  // It knows no pages: all keys come at once.
  list: () => ({ surface: "rest", method: "GET", path: keysPath }),
  listed: (reply, place) => {
    const { items } = list.parse(reply);
    return { keys: items.map((one) => fromWire(seen(one), place)), total: items.length };
  },
  read: (id) => ({ surface: "rest", method: "GET", path: pathOf(id) }),
  key: (reply, place) => fromWire(seen(keyReply.parse(reply)), place),
  create: (asked) => ({
    surface: "rest",
    method: "POST",
    path: keysPath,
    body: {
      name: asked.name,
      team_id: asked.owner.team,
      is_sandbox: asked.sandbox,
      expires_at: asked.expiresAt,
      ...restrictions(asked),
    },
  }),
  created: (reply, place) => {
    const key = fromWire(seen(keyReply.parse(reply)), place);
    return { id: key.key.id, key };
  },
  change: (before, after): readonly NativeCall[] => {
    const was = { name: before.name, ...restrictions(before) };
    const body = Object.fromEntries(
      Object.entries({ name: after.name, ...restrictions(after) }).filter(
        ([name, value]) => !sameContent(value, Reflect.get(was, name)),
      ),
    );
    return Object.keys(body).length === 0
      ? []
      : [{ surface: "rest", method: "PUT", path: pathOf(before.id), body }];
  },
  setStatus: (id, status) => ({
    surface: "rest",
    method: "PUT",
    path: pathOf(id, status === "enabled" ? "/enable" : "/disable"),
  }),
  rotate: (id) => ({ surface: "rest", method: "PUT", path: pathOf(id, "/rotate") }),
  rotated: (reply, place) => {
    const named = withKnownNames(reply);
    const whole = keyReply.safeParse(named);
    if (whole.success) return fromWire(seen(whole.data), place);
    return { key: undefined, material: { kind: "token", value: new Secret(secretAlone.parse(named).key) } };
  },
  remove: (id) => ({ surface: "rest", method: "DELETE", path: pathOf(id) }),
  // `{"detail": …}`
  refusals: { isOwn: (body) => typeof body === "object" && body !== null && Object.hasOwn(body, "detail") },
};
