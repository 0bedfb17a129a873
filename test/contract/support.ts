import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  fieldNames,
  type OperationName,
  operationNames,
  type Support,
} from "../../lib/providers/capabilities.ts";
import { askOf } from "./asks.ts";
import type { ProviderWorld } from "./provider.ts";
import { published } from "./published.ts";

const revealedReply = z.object({
  material: z.union([
    z.object({ value: z.string() }).transform(({ value }) => value),
    z.object({ secret: z.string() }).transform(({ secret }) => secret),
  ]),
});
const secretOf = (revealed: unknown): string => revealedReply.parse(revealed).material;

/**
 * Who sees to a field or an operation: what is the provider's, the service does by itself when its own client asks; what
 * is Keyway's, no request of the service has.
 */
export const describeSupport = (title: string, world: () => ProviderWorld): void => {
  const pathOf = (id: string): string => `/v1/keys/${world().provider}/${id}`;
  const look = (id: string) => world().facade.call("GET", pathOf(id));
  const revealed = async (id: string): Promise<unknown> =>
    (await world().facade.call("POST", `${pathOf(id)}/reveal`)).body;

  /** By `provider` the service is asked, and by nothing else. */
  const asked = <Ask>(support: Support, ask: Ask | undefined): Ask | undefined => {
    if (support === "provider") expect(ask).toBeDefined();
    else expect(ask).toBeUndefined();
    return ask;
  };

  const expectField = async (field: (typeof fieldNames)[number], id: string): Promise<void> => {
    const wanted = askOf(world().service, field);
    if (field === "material") expect(secretOf(await revealed(id))).toBe(secretOf(wanted));
    else expect((await look(id)).body).toMatchObject({ key: wanted });
  };

  describe(`${title}: who sees to it`, () => {
    it.each(fieldNames)("%s at creation", async (field) => {
      const { declared, service, native } = world();
      const create = asked(declared.fields[field].create, published[service].create[field]);
      if (create !== undefined) await expectField(field, await create(native));
    });

    it.each(fieldNames)("%s at change", async (field) => {
      const { declared, service, native, key } = world();
      const change = asked(declared.fields[field].change, published[service].change[field]);
      if (change === undefined) return;
      await expectField(field, await change(native, await key()));
    });

    it.each(operationNames)("the operation %s", async (operation) => {
      const { declared, service, native, key } = world();
      const run = asked(declared.operations[operation], published[service].operations[operation]);
      if (run === undefined) return;
      const id = await key();
      const before = await look(id);
      const said = await run(native, id);
      await effects[operation]?.({ id, before: before.text, said });
      expect(effects).toHaveProperty(operation);
    });
  });

  interface Done {
    readonly id: string;
    readonly before: string;
    readonly said: unknown;
  }
  const isTold = async ({ id, said }: Done): Promise<void> => expect(JSON.stringify(said)).toContain(id);
  const isOf =
    (status: string) =>
    async ({ id }: Done): Promise<void> =>
      expect((await look(id)).body).toMatchObject({ key: { status } });
  const isOther = async ({ id, before }: Done): Promise<void> => {
    const after = await look(id);
    expect(after.status).toBe(200);
    expect(after.text).not.toBe(before);
  };
  /** What the facade sees of what the service did. */
  const effects: Readonly<Partial<Record<OperationName, (done: Done) => Promise<void>>>> = {
    list: isTold,
    read: isTold,
    create: async ({ said }) => expect((await look(String(said))).status).toBe(200),
    change: isOther,
    delete: async ({ id }) => expect((await look(id)).status).toBe(404),
    enable: isOf("enabled"),
    disable: isOf("disabled"),
    rotate: isOther,
    reveal: async ({ id, said }) => {
      expect(JSON.stringify(said)).toContain(secretOf(await revealed(id)));
    },
  };
};
