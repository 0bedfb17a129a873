import type { CallContext, TencentAction } from "../../action.ts";
import type { HttpRequest } from "../../http.ts";
import type { Forward } from "../../providers/upstream/forward.ts";
import { redact } from "../../schemas/secret-mark.ts";
import { effectOf, idIn } from "../forwarding.ts";
import type { TencentCall } from "./call.ts";

/**
 * A call for a real system: the same business parameters, signed anew with the provider's own credential. A signed JSON
 * body goes byte for byte; the other forms become the JSON that they stand for. What is wrong with it the real system
 * says, in its own words.
 */
export const passOn = async (
  request: HttpRequest,
  call: TencentCall,
  action: TencentAction,
  caller: CallContext["caller"],
  forward: Forward,
): Promise<string> => {
  const input = call.input(action.request);
  const isJson = call.proof.kind === "tc3" && request.method === "POST" && request.body.length > 0;
  const body = isJson ? new Uint8Array(request.body) : new TextEncoder().encode(JSON.stringify(input));
  const { text } = await forward.tencent(
    {
      caller: { ...caller, details: () => redact(action.request, input) },
      action: action.name,
      effect: effectOf(action.profile, action.permission, input),
      about: idIn(action.profile, input),
      body,
    },
    call.region || undefined,
  );
  return text;
};
