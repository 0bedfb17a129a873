import * as z from "zod";
import document from "../../../docs/openapi.json" with { type: "json" };

/** A JSON Schema as the document has it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly "x-secret"?: boolean;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly schema: Schema;
  readonly example?: string;
}

/** One operation, as nothing but the document tells of it. */
export interface Described {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly schema: Schema; readonly example?: unknown } | undefined;
  /** Of success. */
  readonly status: number;
  /** Undefined for a reply without a body. */
  readonly reply: Schema | undefined;
  /** Ways to authenticate, where they are not the facade's. */
  readonly security: readonly Readonly<Record<string, unknown>>[] | undefined;
}

interface Content {
  readonly content?: {
    readonly "application/json": { readonly schema: Schema; readonly example?: unknown };
  };
}

interface Raw {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly security?: Described["security"];
}

const paths = document.paths as unknown as Readonly<Record<string, Readonly<Record<string, Raw>>>>;

export const described: readonly Described[] = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId, parameters, requestBody, responses, security }]) => {
    const status = Object.keys(responses).find((one) => one.startsWith("2")) ?? "";
    return {
      method: method.toUpperCase(),
      path,
      operationId,
      parameters,
      body: requestBody?.content?.["application/json"],
      status: Number(status),
      reply: responses[status]?.content?.["application/json"].schema,
      security,
    };
  }),
);

const schemas = document.components.schemas as unknown as Readonly<Record<string, Schema>>;

export const resolved = (schema: Schema): Schema => {
  if (schema.$ref === undefined) return schema;
  const found = schemas[schema.$ref.replace("#/components/schemas/", "")];
  if (found === undefined) throw new Error(`${schema.$ref} leads nowhere`);
  return found;
};

/** What is wrong with a value, as the document sees it; undefined where it fits. */
export const misfit = (schema: Schema, value: unknown): string | undefined => {
  const whole = JSON.stringify({ ...schema, $defs: schemas }).replaceAll("#/components/schemas/", "#/$defs/");
  return z.fromJSONSchema(JSON.parse(whole)).safeParse(value).error?.message;
};
