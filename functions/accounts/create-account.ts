import {
  adminCounter,
  newAccount,
  newCredentialId,
  newSecrets,
  newUin,
  sealCredential,
} from "../../lib/access/credential.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { createAccountBody, createAccountReply } from "../../lib/schemas/access.ts";
import { credentialView } from "../credentials/view.ts";

export const createAccount = defineOperation({
  method: "POST",
  path: "/v1/accounts",
  name: "CreateAccount",
  summary: "Create an account with its first administrator",
  permission: "accounts:manage",
  params: nothing,
  query: nothing,
  body: createAccountBody,
  reply: createAccountReply,
  status: 201,
  once: true,
  example: { body: { name: "another team" } },
  run: async ({ body }, { house, caller }) => {
    const time = house.clock().toISOString();
    const account = newAccount(house.random, house.uuid, body.name, time);
    const secrets = newSecrets(house.random);
    const credential = await sealCredential(
      house.vault,
      {
        id: newCredentialId(house.random),
        account: account.id,
        subUin: newUin(house.random),
        name: "first administrator",
        role: "admin",
        providers: "all",
        createdAt: time,
      },
      secrets,
    );
    const view = credentialView(credential);
    await house.store.commit({
      account: caller.account.id,
      writes: [
        ...(caller.once?.outcome({ reply: { account, credential: view, secrets: null }, secret: null }) ??
          []),
        { type: "insertAccount", record: account },
        { type: "insertCredential", record: credential },
        { type: "count", account: account.id, counter: adminCounter, by: 1 },
      ],
      audit: auditDraft(caller, `account/${account.id}`, time),
      // Of the account that made it: its trail has the same, and in the new one there is nobody yet who could be told.
      events: [
        {
          id: house.uuid(),
          type: "account.created",
          time,
          subject: `account/${account.id}`,
          version: 1,
          data: { id: account.id, name: account.name },
        },
      ],
    });
    return {
      account,
      credential: view,
      secrets: { secretKey: secrets.secretKey.expose(), token: secrets.token.expose() },
    };
  },
});
