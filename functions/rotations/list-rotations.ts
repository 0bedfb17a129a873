import { defineOperation, nothing } from "../../lib/operation.ts";
import {
  isOpen,
  type Rotation,
  listRotations as readPage,
  toldRotation,
} from "../../lib/providers/rotation.ts";
import { pageLimit } from "../../lib/schemas/page.ts";
import { listRotationsQuery, rotationList } from "../../lib/schemas/rotations.ts";

const readAtOnce = 100;

export const listRotations = defineOperation({
  method: "GET",
  path: "/v1/rotations",
  name: "ListRotations",
  summary: "List rotations that take their time, newest first",
  permission: "keys:read",
  params: nothing,
  query: listRotationsQuery,
  body: nothing,
  reply: rotationList,
  status: 200,
  example: { query: { limit: "5", open: "true" } },
  run: async ({ query }, { house, principal, providers }) => {
    const limit = pageLimit(query.limit);
    const names = new Set(providers().map(({ name }) => name));
    const isWanted = (one: Rotation): boolean =>
      names.has(one.provider) && (query.open === undefined || isOpen(one));
    const items: Rotation[] = [];
    let before: string | null = query.cursor ?? null;
    let isMore = true;
    while (items.length <= limit && isMore) {
      const some = await readPage(house.store, principal.account.id, { before, limit: readAtOnce });
      items.push(...some.filter(isWanted));
      isMore = some.length === readAtOnce;
      before = some.at(-1)?.id ?? before;
    }
    const page = items.slice(0, limit);
    return {
      items: page.map(toldRotation),
      nextCursor: items.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  },
});
