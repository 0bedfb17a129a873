import { Refusal } from "../../errors.ts";
import type { Material } from "../../keys/material.ts";
import type { KeyRecord } from "../../keys/record.ts";
import { wholeSeconds } from "../../keys/time.ts";
import type {
  CredentialDetail,
  CredentialType,
  ListedCredential,
  ListFilter,
  WhereFilter,
} from "../../schemas/csip.ts";
import type { Key } from "../../schemas/key.ts";
import type { KeyFilter, KeyQuery } from "../../store/port/key-query.ts";
import { csipNative } from "./native.ts";
import { credentialTypeOf } from "./profile.ts";

const toCredential = (key: Key, type: CredentialType): ListedCredential => ({
  CredentialId: key.id,
  CredentialName: key.name,
  CredentialType: type,
  CredentialEffectScope: csipNative.parse(key.native),
  CreateTime: wholeSeconds(key.createdAt),
  UpdateTime: wholeSeconds(key.updatedAt),
});

export const toListed = ({ key, materialKind }: KeyRecord): ListedCredential =>
  toCredential(key, credentialTypeOf(materialKind));

/** The part that a credential's type does not have is left out, as in the samples. */
export const toDetail = (key: Key, masked: Material): CredentialDetail => {
  const credential = toCredential(key, credentialTypeOf(masked.kind));
  if (masked.kind === "fields") {
    const Access = masked.fields.map(({ name, value }) => ({ Key: name, Value: value.expose() }));
    return { ...credential, Access };
  }
  if (masked.kind !== "sts") throw new Error("a credential is of fields or of a pair with its system");
  const { system, secretId, secretKey } = masked;
  return {
    ...credential,
    STS: { System: system, SecretID: secretId.expose(), SecretKey: secretKey.expose() },
  };
};

type Operation = "equals" | "not" | "contains" | "lacks";

/** Of the shared type's operators, those that mean something for texts. */
const operations: Readonly<Record<number, Operation>> = {
  1: "equals",
  6: "not",
  7: "equals",
  9: "contains",
  13: "lacks",
};

const filterRefused = (message: string): Refusal =>
  new Refusal("field_value_invalid", message, { reason: "filter" });

const fields: Readonly<Record<string, { readonly field: "name" | "variant"; readonly op: Operation }>> = {
  CredentialName: { field: "name", op: "contains" },
  CredentialType: { field: "variant", op: "equals" },
};

/** Without an operator, the documented match of the field (inferred). */
export const toFilter = ({ Name, Values, OperatorType }: WhereFilter): KeyFilter => {
  const known = Object.hasOwn(fields, Name) ? fields[Name] : undefined;
  if (known === undefined)
    throw filterRefused("A filter's `Name` must be `CredentialName` or `CredentialType`.");
  const op = OperatorType === undefined ? known.op : operations[OperatorType];
  if (op === undefined) throw filterRefused("A filter's `OperatorType` must be 1, 6, 7, 9 or 13 here.");
  return { field: known.field, op, values: Values };
};

const sorts: Readonly<Record<string, KeyQuery["sort"]["by"]>> = {
  CreateTime: "createdAt",
  insert_time: "createdAt",
  CredentialName: "name",
};

/** Newest first, unless told otherwise (inferred). */
export const toSort = ({ By, Order }: Pick<ListFilter, "By" | "Order">): KeyQuery["sort"] => {
  const by = By === undefined ? "createdAt" : Object.hasOwn(sorts, By) ? sorts[By] : undefined;
  if (by === undefined) throw filterRefused("`By` must be `CreateTime`, `insert_time` or `CredentialName`.");
  return { by, order: Order?.toLowerCase() === "asc" ? "asc" : "desc" };
};
