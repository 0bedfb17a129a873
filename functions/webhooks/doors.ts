import type { Door } from "../../lib/surfaces/webhooks/door.ts";
import { reportLeak } from "../leaks/report-leak.ts";
import { gitguardian } from "./gitguardian.ts";
import { githubRepository } from "./github-repository.ts";
import { githubSecretScanning } from "./github-secret-scanning.ts";
import { gitlab } from "./gitlab.ts";
import { reports } from "./reports.ts";

/** Every path that takes what others report. */
export const webhookDoors: readonly Door[] = [
  githubSecretScanning,
  githubRepository,
  gitlab,
  gitguardian,
  reports,
  reportLeak,
];
