import type { RestAction } from "../../action.ts";
import { Refusal } from "../../errors.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import type { Caller } from "../../providers/caller.ts";
import type { Forward } from "../../providers/upstream/forward.ts";
import { effectOf, idIn } from "../forwarding.ts";

const paramForm = /^[\w-]{1,128}$/;

/** Built anew: dots in a path as it came could lead elsewhere in the real system. */
const pathOf = (template: string, params: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? "";
    if (paramForm.test(value)) return value;
    throw new Refusal("not_found", "The specified key does not exist.");
  });

interface Input {
  readonly path: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** A call for a real system: the same path, query and body, with the provider's own token. */
export const passOn = async (
  request: HttpRequest,
  action: RestAction,
  caller: Caller,
  { path, query }: Input,
  forward: Forward,
): Promise<HttpReply> => {
  const search = query === undefined ? "" : String(new URLSearchParams(query));
  const { status, text } = await forward.rest(
    {
      caller,
      action: action.name,
      effect: effectOf(action.profile, action.permission, path),
      about: idIn(action.profile, path),
      body: action.route.body ? new Uint8Array(request.body) : undefined,
    },
    action.route.method,
    `${pathOf(action.route.path, path)}${search === "" ? "" : `?${search}`}`,
  );
  return {
    status,
    headers: {
      ...(text === "" ? {} : { "content-type": "application/json" }),
      "cache-control": "no-store",
      "x-request-id": caller.requestId,
    },
    body: text,
  };
};
