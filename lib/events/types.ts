/**
 * What receivers are told of, and when: the table of docs/events.md, and what an endpoint may choose from. Names are
 * what others depend on: they are added, and never given another meaning.
 */
export const eventTypes = {
  "key.created": "A key was created.",
  "key.updated": "Something of a key was changed.",
  "key.enabled": "A key was enabled.",
  "key.disabled": "A key was disabled.",
  "key.rotated": "A key has a new secret; the old one may have a grace.",
  "key.grace_ended": "A replaced secret was ended before its time.",
  "key.deleted": "A key was deleted.",
  "key.stopped": "A key that was ended at a real system is refused there since the time that is told.",
  "key.still_alive": "A key that was ended at a real system still works there after its usual time.",
  "key.probing_gave_up": "Of a key that was ended at a real system nobody can tell that it is dead.",
  "rotation.started": "A rotation that takes its time has begun.",
  "rotation.advanced": "It has made a step.",
  "rotation.overlapping": "Old and new secret both work, until the overlap ends.",
  "rotation.finished": "The new secret alone works.",
  "rotation.cancelled": "Somebody ended it, and the old secret goes on.",
  "rotation.undoing": "What it had made is being removed.",
  "rotation.failed": "It could not be made; the old secret goes on.",
  "rotation.due_soon": "A policy will rotate a key soon.",
  "leak.reported": "Somebody reported that a key's secret has leaked.",
  "leak.unresolved": "A sender told of a leak without its secret: it is among the operator's findings.",
  "finding.opened":
    "Something is not well: seen in a key, reported, met by an inventory, or a change whose outcome nobody knows.",
  "finding.ended": "A finding is not found any more.",
  "call.passed_on": "A real system took a call in its service's own words, which changes keys or more.",
  "policy.changed": "A policy was set, changed or removed.",
  "policy.refused": "What a policy wanted of a key was refused.",
  "exception.created": "A key was excepted from a rule of hygiene, until a time.",
  "exception.ended": "An exception was ended before its time.",
  "allowlist.changed": "The account's own allowlist was changed.",
  "plan.created": "A usage plan was created.",
  "plan.changed": "A usage plan was changed.",
  "plan.bound": "Keys were bound to a usage plan.",
  "plan.unbound": "Keys were taken from a usage plan.",
  "plan.deleted": "A usage plan was deleted.",
  "skill.installed": "A machine was taken into the Key Sandbox.",
  "skill.uninstalled": "A machine was taken out of the Key Sandbox.",
  "account.created": "An account was created; the account of who made it is told.",
  "credential.created": "A credential was created.",
  "credential.replaced": "The root credential was exchanged, at a start.",
  "credential.deleted": "A credential was deleted.",
  "limit.reached":
    "A limit of a key refused a call, for the first time in an hour, or a quota, for the first time in its window.",
  "job.failed": "Something that is done by the clock fails; it is tried again.",
  "job.recovered": "What failed works again.",
  "webhook.created": "An endpoint was created.",
  "webhook.changed": "Somebody changed, disabled or enabled an endpoint.",
  "webhook.secret_rotated": "An endpoint has a new secret; the old one may sign for a while.",
  "webhook.replayed": "Everything since a time is sent to an endpoint again.",
  "webhook.deleted": "An endpoint was deleted.",
  "webhook.disabled": "An endpoint was disabled, because it is gone or failed for days.",
  "webhook.exhausted": "An event was tried as often as the schedule has it, and is not tried any more.",
  "webhook.ping": "A test, sent to one endpoint when somebody asks for it.",
} as const satisfies Readonly<Record<string, string>>;

export type EventType = keyof typeof eventTypes;

/** A ping goes to the endpoint that it is for, whatever that one chose. */
export const chosenTypes = Object.keys(eventTypes).filter((type) => type !== "webhook.ping");

/**
 * Of endpoints themselves. One of these that cannot be delivered makes no further one: two endpoints that are down would
 * tell of each other for ever.
 */
export const isOfEndpoints = (type: string): boolean => type.startsWith("webhook.");
