import * as z from "zod";
import { page } from "./page.ts";

/** How far a rotation is that takes its time: see docs/rotation.md. */
export const rotationView = z.strictObject({
  id: z.string(),
  provider: z.string(),
  key: z.string(),
  step: z.enum([
    "create",
    "bind",
    "test",
    "overlap",
    "disable",
    "unbind",
    "delete",
    "done",
    "cancelled",
    "failed",
  ]),
  undone: z.enum(["cancelled", "failed"]).nullable(),
  from: z.string(),
  to: z.string().nullable(),
  graceSeconds: z.int(),
  graceUntil: z.string().nullable(),
  reason: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  tries: z.int(),
  trouble: z.string().nullable(),
});

export const rotationParams = z.strictObject({ id: z.string().min(1).max(128) });
export const listRotationsQuery = z.strictObject({ ...page.shape, open: z.enum(["true"]).optional() });
export const rotationReply = z.strictObject({ rotation: rotationView });
export const rotationList = z.strictObject({
  items: z.array(rotationView),
  nextCursor: z.string().nullable(),
});
