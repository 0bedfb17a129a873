import { describe, expect, it } from "vitest";
import {
  type Capabilities,
  type FieldName,
  fieldNames,
  type OperationName,
  operationNames,
} from "../../lib/providers/capabilities.ts";
import type { FacadeReply } from "../support/facade.ts";
import { type facadeOf, leastBody, type ProviderName } from "../support/facade-client.ts";
import type { RealSystems } from "../support/upstream.ts";
import { askOf, ownChanges } from "./asks.ts";

/** A provider to be held against what it declares. */
export interface ProviderWorld {
  readonly facade: ReturnType<typeof facadeOf>;
  readonly provider: string;
  readonly service: ProviderName;
  /** As `GET /v1/providers` tells it. */
  readonly declared: Capabilities;
  /** Where the service's own clients reach the keys: Keyway itself for an embedded provider, else the real system. */
  readonly native: RealSystems;
  /** An enabled key with nothing asked for but its name, however this provider comes by one. */
  readonly key: () => Promise<string>;
}

/** The only field that a rotation takes is a material. */
const patchable = fieldNames.filter((name) => name !== "status" && name !== "material");

const unsupported = (reply: FacadeReply, path: string, provider: string): void => {
  expect([reply.status, reply.body]).toEqual([422, expect.objectContaining({ code: "unsupported" })]);
  const { detail, errors } = reply.body as { detail: string; errors: readonly { path: string }[] };
  expect(errors.map((error) => error.path)).toContain(path);
  expect(detail).toContain(provider);
};

/** Every field and operation of a provider does what the contract says, or is refused by name where it says that. */
export const describeProvider = (title: string, world: () => ProviderWorld): void => {
  const askFor = (field: FieldName): object => askOf(world().service, field);
  const count = async (): Promise<number> => {
    const { facade, provider } = world();
    const reply = await facade.call("GET", `/v1/keys?provider=${provider}&limit=100`);
    return (reply.body as { items: unknown[] }).items.length;
  };

  describe(`${title}: what it declares`, () => {
    it.each(fieldNames)("%s at creation", async (field) => {
      const { facade, provider, service, declared } = world();
      const before = await count();
      const asked = askFor(field);
      const reply = await facade.call("POST", "/v1/keys", {
        provider,
        name: "a-key",
        ...leastBody[service],
        ...asked,
      });
      if (declared.operations.create === "refused") {
        unsupported(reply, "create", provider);
        expect(await count()).toBe(before);
      } else if (declared.fields[field].create === "refused") {
        unsupported(reply, field, provider);
        expect(await count()).toBe(before);
      } else {
        expect([reply.status, reply.text]).toEqual([201, expect.any(String)]);
        const { key, material } = reply.body as { key: { id: string }; material: unknown };
        const read = await facade.call("GET", `/v1/keys/${provider}/${key.id}`);
        if (field === "material") expect({ material }).toMatchObject(asked);
        else expect(read.body).toMatchObject({ key: asked });
        expect(read.body).toEqual({ key });
        expect(await count()).toBe(before + 1);
      }
    });

    it.each(patchable)("%s at change", async (field) => {
      const { facade, provider, service, declared } = world();
      const asked = field === "native" ? (ownChanges[service] ?? askFor(field)) : askFor(field);
      const path = `/v1/keys/${provider}/${await world().key()}`;
      const before = await facade.call("GET", path);
      const headers = { "if-match": before.headers.get("etag") ?? "" };
      const reply = await facade.call("PATCH", path, asked, { headers });
      if (declared.operations.change === "refused") {
        unsupported(reply, "change", provider);
        expect((await facade.call("GET", path)).text).toBe(before.text);
      } else if (declared.fields[field].change === "refused") {
        unsupported(reply, field, provider);
        expect((await facade.call("GET", path)).text).toBe(before.text);
      } else {
        expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
        const after = await facade.call("GET", path);
        expect(after.body).toMatchObject({ key: asked });
        expect(after.body).toEqual(reply.body);
        expect(after.headers.get("etag")).not.toBe(headers["if-match"]);
      }
    });

    it("an end that has passed is no end to give a key", async () => {
      const { facade, provider, service, declared } = world();
      const before = await count();
      const reply = await facade.call("POST", "/v1/keys", {
        ...{ provider, name: "a-key", ...leastBody[service] },
        expiresAt: "2020-01-01T00:00:00.000Z",
      });
      const { code, errors, upstream } = reply.body as Record<string, unknown>;
      const isTaken =
        declared.operations.create !== "refused" && declared.fields.expiresAt.create !== "refused";
      expect([reply.status, code]).toEqual([422, isTaken ? "field_value_invalid" : "unsupported"]);
      if (isTaken) {
        expect(errors).toEqual([{ path: "expiresAt", message: "must be a time to come" }]);
        expect(upstream).toBeUndefined();
      }
      expect(await count()).toBe(before);
    });

    it.each(operationNames)("the operation %s", async (operation) => {
      const { provider, declared } = world();
      const reply = await perform(operation, world(), await world().key());
      // A grace is part of a rotation, and leaks are asked for by the field of a policy.
      const needed = operation === "grace" && declared.operations.rotate === "refused" ? "rotate" : operation;
      if (declared.operations[needed] === "refused")
        unsupported(reply, needed === "leaks" ? "onLeak" : needed, provider);
      else expect([reply.status, reply.text]).toEqual([expect.toSatisfy(isFine), expect.any(String)]);
    });
  });
};

const isFine = (status: number): boolean => status >= 200 && status < 300;

const perform = async (
  operation: OperationName,
  { facade, provider, service }: ProviderWorld,
  id: string,
): Promise<FacadeReply> => {
  const path = `/v1/keys/${provider}/${id}`;
  const any = { headers: { "if-match": "*" } };
  const material = service === "csip" ? askOf("csip", "material") : {};
  switch (operation) {
    case "list":
      return facade.call("GET", `/v1/keys?provider=${provider}&q=${id}`);
    case "read":
      return facade.call("GET", path);
    case "create":
      return facade.call("POST", "/v1/keys", { provider, name: "a-key", ...leastBody[service] });
    case "change":
      return facade.call("PATCH", path, { ipAllowlist: [] }, any);
    case "delete":
      if (service === "apigateway") await facade.call("POST", `${path}/disable`);
      return facade.call("DELETE", `${path}?confirm=${id}`);
    case "enable":
      await facade.call("POST", `${path}/disable`);
      return facade.call("POST", `${path}/enable`);
    case "disable":
      return facade.call("POST", `${path}/disable`);
    case "rotate":
      return facade.call("POST", `${path}/rotate`, material);
    case "grace":
      return facade.call("POST", `${path}/rotate`, { grace: 60, ...material });
    case "sync":
      return facade.call("POST", `/v1/providers/${provider}/sync`);
    case "reveal":
      return facade.call("POST", `${path}/reveal`);
    case "leaks":
      return facade.call("PATCH", `/v1/policies/providers/${provider}`, { onLeak: "disable" }, any);
    case "verify":
      return facade.call("POST", "/v1/verify", { key: "of-nobody", provider });
  }
};
