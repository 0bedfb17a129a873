import { defineOperation, nothing } from "../../lib/operation.ts";
import { toldRotation } from "../../lib/providers/rotation.ts";
import { rotationParams, rotationReply } from "../../lib/schemas/rotations.ts";
import { findRotation } from "./find.ts";

export const readRotation = defineOperation({
  method: "GET",
  path: "/v1/rotations/{id}",
  name: "ReadRotation",
  summary: "Read how far a rotation is",
  permission: "keys:read",
  params: rotationParams,
  query: nothing,
  body: nothing,
  reply: rotationReply,
  status: 200,
  example: { params: { id: "{rotation}" } },
  run: async ({ params }, context) => ({ rotation: toldRotation(await findRotation(params.id, context)) }),
});
