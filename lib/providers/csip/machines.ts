import * as z from "zod";
import type { DocumentKind } from "../documents.ts";

const machine = z.strictObject({ skill: z.literal("installed") });

/** A machine in the sandbox: installed while its document is there. */
export const machines: DocumentKind<z.infer<typeof machine>> = {
  name: "sandbox-machine",
  parse: (body) => machine.parse(body),
  max: 100_000,
  events: { created: "skill.installed", deleted: "skill.uninstalled" },
  told: () => ({}),
};

export const installed = { skill: "installed" } as const;
