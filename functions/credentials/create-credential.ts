import {
  adminCounter,
  newCredentialId,
  newSecrets,
  newUin,
  sealCredential,
} from "../../lib/access/credential.ts";
import { reaches } from "../../lib/access/principal.ts";
import { grants } from "../../lib/access/roles.ts";
import { Refusal } from "../../lib/errors.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { createCredentialBody, createCredentialReply } from "../../lib/schemas/access.ts";
import type { Write } from "../../lib/store/port/unit.ts";
import { credentialView } from "./view.ts";

export const createCredential = defineOperation({
  method: "POST",
  path: "/v1/credentials",
  name: "CreateCredential",
  summary: "Create a credential; its secrets are answered once",
  permission: "credentials:manage",
  params: nothing,
  query: nothing,
  body: createCredentialBody,
  reply: createCredentialReply,
  status: 201,
  once: true,
  example: { body: { name: "deployment", role: "operator", providers: ["tokenhub"] } },
  run: async ({ body }, { house, principal, caller }) => {
    const providers = body.providers ?? "all";
    if (providers !== "all" && providers.some((name) => !house.providerNames.includes(name))) {
      const message = `must hold names of configured providers: ${house.providerNames.join(", ")}`;
      throw new Refusal("field_value_invalid", `The parameter \`providers\` ${message}.`, {
        issues: [{ path: "providers", message }],
      });
    }
    if (!reaches(principal.providers, providers)) {
      throw new Refusal(
        "permission_denied",
        "Your credential is restricted to providers; name a part of them.",
      );
    }
    const time = house.clock().toISOString();
    const secrets = newSecrets(house.random);
    const record = await sealCredential(
      house.vault,
      {
        id: newCredentialId(house.random),
        account: principal.account.id,
        subUin: newUin(house.random),
        name: body.name,
        role: body.role,
        providers,
        createdAt: time,
      },
      secrets,
    );
    const counted: readonly Write[] = grants(record.role, "credentials:manage")
      ? [{ type: "count", account: record.account, counter: adminCounter, by: 1 }]
      : [];
    const view = credentialView(record);
    await house.store.commit({
      account: record.account,
      writes: [
        ...(caller.once?.outcome({ reply: { credential: view, secrets: null }, secret: null }) ?? []),
        { type: "insertCredential", record },
        ...counted,
      ],
      audit: auditDraft(caller, `credential/${record.id}`, time),
      events: [
        {
          id: house.uuid(),
          type: "credential.created",
          time,
          subject: `credential/${record.id}`,
          version: 1,
          data: { id: record.id, name: record.name, role: record.role, providers: record.providers },
        },
      ],
    });
    return {
      credential: view,
      secrets: { secretKey: secrets.secretKey.expose(), token: secrets.token.expose() },
    };
  },
});
