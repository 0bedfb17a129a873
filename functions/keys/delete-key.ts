import { Refusal } from "../../lib/errors.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { deleteKeyQuery, keyParams } from "../../lib/schemas/facade.ts";
import { receiptReply } from "../../lib/schemas/receipt.ts";

/** `as` is how the one who was refused says it. */
export const unconfirmed = (as: "`?confirm=`" | "`confirm`"): Refusal =>
  new Refusal("precondition_missing", `A deletion is for good: repeat the key's id as ${as}.`, {
    issues: [{ path: "confirm", message: "must repeat the id" }],
  });

export const deleteKey = defineOperation({
  method: "DELETE",
  path: "/v1/keys/{provider}/{id}",
  name: "DeleteKey",
  summary: "Delete a key for good",
  permission: "keys:delete",
  params: keyParams,
  query: deleteKeyQuery,
  body: nothing,
  // Without a body: its headers say it.
  reply: receiptReply,
  status: 204,
  precondition: "optional",
  receipt: ({ receipt }) => receipt,
  example: { params: { provider: "tokenhub", id: "{key}" }, query: { confirm: "{key}" } },
  run: async ({ params, query }, { caller, provider, expected }) => {
    const from = provider(params.provider);
    // A slip of a script would otherwise be for good.
    if (query.confirm !== params.id) throw unconfirmed("`?confirm=`");
    return { receipt: await from.remove(caller, params.id, expected) };
  },
});
