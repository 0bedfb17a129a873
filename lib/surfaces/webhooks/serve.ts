import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import { allowed, habitHeaders } from "../facade/habits.ts";
import { problemReply } from "../facade/problem.ts";
import { beginCall, type CallRecord, endCall } from "../record.ts";
import type { Door, DoorReply } from "./door.ts";

/** The doors for what others report. They see the body as it came: signatures are over bytes. */

const root = "/webhooks/";

export type Doors = ReadonlyMap<string, Door>;

export const doorsOf = (doors: readonly Door[]): Doors => new Map(doors.map((door) => [door.path, door]));

/** A path may take readings, too: those are the facade's. */
export const isWebhook = ({ path, method }: HttpRequest, doors: Doors): boolean => {
  if (path.startsWith(root)) return true;
  const besides = doors.get(path)?.besides;
  return besides !== undefined && !besides.includes(method === "HEAD" ? "GET" : method);
};

export const serveWebhook = async (request: HttpRequest, doors: Doors, house: House): Promise<HttpReply> => {
  const record = beginCall(house, request);
  const headers = habitHeaders(request, house, record);
  try {
    const { status, value, ...more } = await answer(request, doors, house, record);
    endCall(house, record);
    const sent = { ...headers, ...more.headers };
    if (value === undefined) return { status, headers: sent, body: "" };
    return { status, headers: { ...sent, "content-type": "application/json" }, body: JSON.stringify(value) };
  } catch (error) {
    return problemReply(request, endCall(house, record, error), record.requestId, headers);
  }
};

const answer = async (
  request: HttpRequest,
  doors: Doors,
  house: House,
  record: CallRecord,
): Promise<DoorReply & { readonly headers?: Readonly<Record<string, string>> }> => {
  const door = doors.get(request.path);
  const { leaks } = house;
  const receive = leaks && door?.open(leaks);
  // Who is not listened to is answered like a path that is not there: nobody learns which senders are configured.
  if (leaks === undefined || door === undefined || receive === undefined) {
    throw new Refusal("route_unknown", "There is nothing at this path.");
  }
  record.action = `keyway:${door.name}`;
  const allow = allowed([...door.besides, "POST"]);
  if (request.method === "OPTIONS") return { status: 204, headers: { allow } };
  if (request.method !== "POST") {
    throw new Refusal("method_not_allowed", `This path takes ${allow}.`, { headers: { allow } });
  }
  if (request.bodyTooLarge || request.body.length > door.bytesMax) {
    throw new Refusal("body_too_large", `The body is larger than ${door.bytesMax / 1024} KB.`);
  }
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal("media_type_unsupported", "Send the body as `application/json`.");
  }
  const { requestId, ip, started } = record;
  return receive(request, { leaks, call: { requestId, ip }, now: started, clock: house.clock });
};
