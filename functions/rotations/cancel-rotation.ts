import { defineOperation, nothing } from "../../lib/operation.ts";
import { decideAndWrite } from "../../lib/providers/decide.ts";
import { toldRotation } from "../../lib/providers/rotation.ts";
import { rotationParams, rotationReply } from "../../lib/schemas/rotations.ts";
import { findRotation } from "./find.ts";

/** From this answer on the old key is the key again; the successor is ended by the next rounds of the jobs. */
export const cancelRotation = defineOperation({
  method: "POST",
  path: "/v1/rotations/{id}/cancel",
  name: "CancelRotation",
  summary: "Take the successor away again, until the old key is disabled",
  permission: "keys:rotate",
  params: rotationParams,
  query: nothing,
  body: nothing,
  reply: rotationReply,
  status: 200,
  once: true,
  example: { params: { id: "{rotation}" } },
  run: ({ params }, context) =>
    decideAndWrite(async () => {
      const found = await findRotation(params.id, context);
      const { rotations } = context.provider(found.provider);
      if (rotations === undefined) throw new Error("a rotation of a provider that has none");
      return { rotation: toldRotation(await rotations.cancel(context.caller, found)) };
    }),
});
