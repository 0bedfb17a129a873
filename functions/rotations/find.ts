import { Refusal } from "../../lib/errors.ts";
import type { OperationContext } from "../../lib/operation.ts";
import { type Rotation, readRotation } from "../../lib/providers/rotation.ts";

/** Of a provider that the principal may not see it is not there. */
export const findRotation = async (
  id: string,
  { house, principal, providers }: OperationContext,
): Promise<Rotation> => {
  const found = await readRotation(house.store, principal.account.id, id);
  if (found !== undefined && providers().some(({ name }) => name === found.provider)) return found;
  throw new Refusal("not_found", "There is no rotation with this id.");
};
