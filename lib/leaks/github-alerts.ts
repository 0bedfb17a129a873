import * as z from "zod";
import { Secret } from "../keys/secret.ts";
import { send } from "../providers/upstream/outbound.ts";
import type { GithubRepositorySettings } from "./settings.ts";

/** An alert as its webhook names it. */
export interface GithubAlert {
  /** `octocat/Hello-World` */
  readonly repository: string;
  readonly number: number;
}

const repositoryForm = /^(?!\.{1,2}\/)[\w.-]{1,100}\/(?!\.{1,2}$)[\w.-]{1,100}$/;
/** GitHub gives up a delivery after ten seconds. */
const timeoutMs = 5000;

const alertReply = z.object({ secret: z.string().min(1) });

/**
 * The secret of an alert, which its webhook does not carry; null where it cannot be had. The address is made of our own
 * configuration: the one that the webhook names could lead the token elsewhere.
 */
export const readAlertSecret = async (
  alerts: GithubRepositorySettings["alerts"],
  { repository, number }: GithubAlert,
): Promise<Secret | null> => {
  if (alerts === null || !repositoryForm.test(repository)) return null;
  try {
    const { status, text } = await send({
      method: "GET",
      url: `${alerts.url}/repos/${repository}/secret-scanning/alerts/${number}`,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${alerts.token.expose()}`,
      },
      body: undefined,
      signal: AbortSignal.timeout(timeoutMs),
      isAlone: true,
    });
    return status === 200 ? new Secret(alertReply.parse(JSON.parse(text)).secret) : null;
  } catch {
    // Whatever went wrong there, the alert is known, and becomes a finding.
    return null;
  }
};
