import type { ErrorCode } from "../errors.ts";
import type { Asked } from "../keys/asked.ts";
import type { Material } from "../keys/material.ts";
import type { Key, KeyStatus } from "../schemas/key.ts";
import type { WireKey, WirePlace } from "./from-wire.ts";

/** One call of a service's own wire, as data: signing and sending it are somebody else's part. */
export type NativeCall =
  | { readonly surface: "tencent"; readonly action: string; readonly input: object }
  | {
      readonly surface: "rest";
      readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      /** `/api/v1/gateway/keys` */
      readonly path: string;
      readonly body?: object;
    };

export interface ListedKeys {
  readonly keys: readonly WireKey[];
  /** All that match, not the page. */
  readonly total: number;
}

/** The key that a creation made. */
export interface Created {
  readonly id: string;
  /** What the reply tells of it; undefined where it tells the id alone, and the rest has to be read. */
  readonly key: WireKey | undefined;
}

/** What the reply to a rotation tells: the key as it is now, or its new secret and no more. */
export type Renewed = WireKey | { readonly key: undefined; readonly material: Material };

/** What keys are bound to besides: a successor takes it over, and a key that is bound cannot go. */
export interface Bindings {
  readonly list: (offset: number) => NativeCall;
  readonly listed: (reply: unknown) => { readonly ids: readonly string[]; readonly total: number };
  /** One of them, with the keys that are bound to it. */
  readonly read: (id: string) => NativeCall;
  readonly keys: (reply: unknown) => readonly string[];
  readonly bind: (id: string, key: string) => NativeCall;
  readonly unbind: (id: string, key: string) => NativeCall;
}

/** How a service says no, as far as it is not what all of its kind do. */
export interface Refusals {
  /**
   * Of a service with paths of its own: whether the body of an error is its own word, and not that of a gateway in
   * between. Without it, no 404 proves that a key is not there.
   */
  readonly isOwn?: (body: unknown) => boolean;
  /** What codes of its own mean, where the common ones of API 3.0 do not tell. */
  readonly meanings?: ReadonlyMap<string, ErrorCode>;
}

/**
 * How a service says what the facade asks, and what its replies say of keys. Pure. Requests are as strict as the
 * service's documentation; of a reply, what is used is required and what is new is passed over. Parsing throws where a
 * reply is not what the service documents. `reply` is the inner `Response` object of a Tencent service, or the body.
 */
export interface Dialect {
  readonly list: (offset: number) => NativeCall;
  readonly listed: (reply: unknown, place: WirePlace) => ListedKeys;
  /** Of a detail whose reply has the material in clear: reading then reveals, and has to be told to the audit trail. */
  readonly read: (id: string) => NativeCall;
  readonly key: (reply: unknown, place: WirePlace) => WireKey;
  /** Undefined where the service has no such call; the contract of capabilities says so, too. */
  readonly create?: (asked: Asked, material: Material | undefined) => NativeCall;
  readonly created?: (reply: unknown, place: WirePlace) => Created;
  /** Calls in order, none where nothing changes; what no call can change was refused before. */
  readonly change?: (before: Key, after: Asked) => readonly NativeCall[];
  readonly setStatus?: (id: string, status: KeyStatus) => NativeCall;
  readonly rotate?: (id: string, material: Material | undefined) => NativeCall;
  readonly rotated?: (reply: unknown, place: WirePlace) => Renewed;
  readonly remove?: (id: string) => NativeCall;
  readonly bindings?: Bindings;
  readonly refusals?: Refusals;
}
