import type { Wire } from "../wire.ts";
import { tokenhubErrors } from "./errors.ts";

export const tokenhubWire: Wire = {
  service: "tokenhub",
  version: "2026-03-22",
  regionRequired: true,
  errors: tokenhubErrors,
};
