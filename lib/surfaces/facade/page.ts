import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import { beginCall, endCall } from "../record.ts";
import { allowed, habitHeaders } from "./habits.ts";
import { problemReply } from "./problem.ts";

/** What anybody may read, without a credential: health, the API's description. */
export interface Page {
  /** `keyway:Health` in the log. */
  readonly name: string;
  readonly cacheControl: string;
  /** JSON. */
  readonly content: (house: House) => Promise<{ readonly status: number; readonly text: string }>;
}

const allow = allowed(["GET"]);

/** By the habits of the facade. A reading has no line of the log: probes come by the second. */
export const servePage = async (request: HttpRequest, page: Page, house: House): Promise<HttpReply> => {
  const record = beginCall(house, request);
  record.action = `keyway:${page.name}`;
  const headers = habitHeaders(request, house, record);
  switch (request.method) {
    case "GET":
    case "HEAD": {
      const { status, text } = await page.content(house);
      return {
        status,
        headers: { ...headers, "content-type": "application/json", "cache-control": page.cacheControl },
        body: request.method === "HEAD" ? "" : text,
      };
    }
    case "OPTIONS":
      return { status: 204, headers: { ...headers, allow }, body: "" };
    default: {
      const refusal = new Refusal("method_not_allowed", `This path takes ${allow}.`, { headers: { allow } });
      return problemReply(request, endCall(house, record, refusal), record.requestId, headers);
    }
  }
};
