import type { Rotation } from "../../rotation.ts";

/** Which keys of the real system are behind the facade's id, at each stage of a rotation. */
export const standing = ({ key, from, to, id }: Rotation) => ({
  /** The old key is the key; a successor is not shown. */
  old: { current: from, others: to === null ? [] : [to], graceUntil: null, rotation: id },
  overlap: (graceUntil: string) => ({ current: to ?? from, others: [from], graceUntil, rotation: id }),
  new: { current: to ?? from, others: [], graceUntil: null, rotation: null },
  /** As before the rotation. */
  none: from === key ? null : { current: from, others: [], graceUntil: null, rotation: null },
});

/** The one that is to end: the old key, or a successor that is not wanted any more. */
export const ending = ({ from, to, undone }: Rotation): string => (undone === null ? from : (to ?? from));

export const inUse = (rotation: Rotation) =>
  rotation.undone === null && rotation.graceUntil !== null
    ? standing(rotation).overlap(rotation.graceUntil)
    : standing(rotation).old;
