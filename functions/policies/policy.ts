import type * as z from "zod";
import { reaches } from "../../lib/access/principal.ts";
import { Refusal } from "../../lib/errors.ts";
import type { OperationContext } from "../../lib/operation.ts";
import { type PolicyScope, policyWrite, readPolicy, scopeName } from "../../lib/policies/documents.ts";
import { changedPolicy } from "../../lib/policies/policy.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import type { OperationName } from "../../lib/providers/capabilities.ts";
import { isExpected } from "../../lib/providers/expected.ts";
import type { Provider } from "../../lib/providers/port.ts";
import { firstFollower, wakeFollower } from "../../lib/schedules/follower.ts";
import { type PolicyPatch, type policyReply, scheduleFields } from "../../lib/schemas/policy.ts";
import { StoreRefusal } from "../../lib/store/port/unit.ts";

/** What reading and changing have in common, whatever the policy is of. */

type Reply = z.infer<typeof policyReply>;

export const shownPolicy = async (
  scope: PolicyScope,
  { house, principal }: OperationContext,
): Promise<Reply> => ({
  scope: scopeName(scope),
  ...(await readPolicy(house.store, principal.account.id, scope)),
});

export const changePolicy = async (
  scope: PolicyScope,
  patch: PolicyPatch,
  context: OperationContext,
): Promise<Reply> => {
  const { house, principal, caller, expected } = context;
  const account = principal.account.id;
  if (scope.of !== "account") refuseUnable(context.provider(scope.provider), patch);
  const { own, version } = await readPolicy(house.store, account, scope);
  if (!isExpected(version, expected)) throw changed();
  const wanted = changedPolicy(own, patch);
  const now = house.clock();
  const time = now.toISOString();
  const fields = Object.keys(patch);
  const isScheduled = scheduleFields.some((name) => fields.includes(name));
  const follower = isScheduled ? await firstFollower(house.store, account, now) : [];
  const target = `policy/${scopeName(scope)}`;
  try {
    await house.store.commit({
      account,
      writes: [policyWrite(account, scope, wanted, version), ...follower],
      audit: auditDraft(caller, target, time),
      events: [
        {
          id: house.uuid(),
          type: "policy.changed",
          time,
          subject: target,
          version: version + 1,
          data: { scope: scopeName(scope), fields },
        },
      ],
    });
  } catch (error) {
    if (!(error instanceof StoreRefusal)) throw error;
    // Another policy of the account was faster, the first one as well: of this one nothing was changed.
    const isOnlyFollower =
      follower.length > 0 && (await readPolicy(house.store, account, scope)).version === version;
    if (isOnlyFollower) return changePolicy(scope, patch, context);
    // Somebody else was faster; whoever said `*` reads again, too, and sees what is being replaced.
    throw changed();
  }
  if (isScheduled) await wakeFollower(house.store, account, now);
  return { scope: scopeName(scope), ...(await readPolicy(house.store, account, scope)) };
};

/** Where secrets cannot be found, a word about leaks would be believed and mean nothing. */
export const refuseUnfindable = (
  { capabilities, name }: Provider,
  { onLeak, leakGraceSeconds }: PolicyPatch,
): void => {
  for (const [field, value] of Object.entries({ onLeak, leakGraceSeconds })) {
    if ((value ?? null) !== null && capabilities.operations.leaks === "refused") {
      throw unable(field, "`leaks`", name);
    }
  }
};

/** What each field asks of a provider by the clock. A new secret that nobody can read would end the key's use. */
const needs = {
  rotateEveryDays: ["rotate", "reveal"],
  disableUnusedDays: ["disable", "verify"],
  expireAfterDays: ["disable"],
} as const satisfies Partial<Record<keyof PolicyPatch, readonly OperationName[]>>;

/** A policy that its provider cannot follow would be believed and mean nothing; an account's is for those that can. */
const refuseUnable = ({ capabilities, isChosen, name }: Provider, patch: PolicyPatch): void => {
  for (const [field, operations] of Object.entries(needs)) {
    if ((patch[field as keyof typeof needs] ?? 0) === 0) continue;
    const lacking = operations.find((operation) => capabilities.operations[operation] === "refused");
    if (lacking !== undefined) throw unable(field, `\`${lacking}\``, name);
    // A secret that somebody has to bring along is not to be had by the clock.
    if (field === "rotateEveryDays" && isChosen === "always") throw unable(field, "secrets of its own", name);
  }
};

/** By the field that was sent, and the word of the contract that tells why. */
const unable = (field: string, needed: string, provider: string): Refusal => {
  const message = `needs ${needed}, which the provider \`${provider}\` does not support`;
  return new Refusal("unsupported", `The \`${field}\` ${message}.`, { issues: [{ path: field, message }] });
};

/** It governs the keys of all providers: nobody decides about what lies beyond their own reach. */
export const requireAllProviders = ({ principal }: OperationContext): void => {
  if (reaches(principal.providers, "all")) return;
  throw new Refusal(
    "permission_denied",
    "Your credential is restricted to providers; the account's policy is of all of them.",
  );
};

const changed = (): Refusal =>
  new Refusal("version_mismatch", "The policy was changed since you read it. Read it again.");
