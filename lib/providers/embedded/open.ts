import { openDocuments } from "../documents.ts";
import type { EmbeddedParts, EmbeddedProvider, EmbeddedSettings } from "../embedded.ts";
import type { Profile } from "../profile.ts";
import { openChanges } from "./changing.ts";
import { openCreate } from "./creating.ts";
import { openMaterials } from "./material.ts";
import { openReading } from "./reading.ts";
import { openWriting } from "./writing.ts";

/** One file for each kind of thing that is done with keys; each change is one commit by the same way. */
export const embeddedProvider = (
  parts: EmbeddedParts,
  profile: Profile,
  settings: EmbeddedSettings,
): EmbeddedProvider => {
  const { name, keysMax } = settings;
  const counter = `keys/${name}`;
  const materials = openMaterials(parts.vault, profile);
  const { readings, findExpected } = openReading({ ...parts, materials }, profile, name);
  const writing = openWriting(parts, profile, name);
  return {
    name,
    profile,
    settings,
    documents: openDocuments(parts, profile, name),
    ...readings,
    create: openCreate({ ...parts, materials, writing }, profile, { name, keysMax, counter }),
    ...openChanges({ ...parts, materials, findExpected, writing }, profile, counter),
  };
};
