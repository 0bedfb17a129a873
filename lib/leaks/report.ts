import type { Secret } from "../keys/secret.ts";

/** Who reports: each has a door of its own. */
export const leakSources = [
  "github",
  "github-repository",
  "gitlab",
  "gitguardian",
  "webhook",
  "open",
] as const;
export type LeakSource = (typeof leakSources)[number];

/** What somebody found somewhere, in one form, whatever form it came in. The secret lives in memory alone. */
export interface LeakReport {
  readonly source: LeakSource;
  /** Whether its sender proved to be one whom the operator trusts. */
  readonly signed: boolean;
  /** Null where the report tells only that there was one. */
  readonly leaked: Leaked | null;
  /** A name of this report with its sender where no secret tells it from others: the address of an alert. */
  readonly about: string | null;
  /** When the sender changed what `about` names: its words about it may come late, or a second time. */
  readonly changedAt: string | null;
  /** The sender's id of the delivery, where repetitions have the same one. */
  readonly delivery: string | null;
  /** Keys of this provider alone, where the sender's type of token is configured to mean one. */
  readonly provider: string | null;
  /** The sender's name for what it found. */
  readonly tokenType: string | null;
  readonly url: string | null;
  readonly observedAt: string | null;
}

/** The call that brought a report. */
export interface LeakCall {
  readonly requestId: string;
  readonly ip: string;
}

/** As it was found: of a pair, `id` is null where only its secret was. */
export interface Leaked {
  readonly id: string | null;
  readonly secret: Secret;
}

/** Texts of a sender that are kept beside the report, made safe to be shown. */
export interface Told {
  readonly tokenType: string | null;
  readonly url: string | null;
  readonly observedAt: string | null;
}

const typeForm = /^[\w.:-]{1,64}$/;
const urlLengthMax = 1024;

export const toldBy = ({ leaked, tokenType, url, observedAt }: LeakReport): Told => {
  const secrets = leaked === null ? [] : [leaked.secret.expose()];
  // In whatever letters: of the name of a host none are capitals any more.
  const isClean = (text: string): boolean =>
    secrets.every((secret) => !text.toLowerCase().includes(secret.toLowerCase()));
  return {
    tokenType: tokenType !== null && typeForm.test(tokenType) && isClean(tokenType) ? tokenType : null,
    url: url === null ? null : placeOf(url, isClean),
    observedAt: observedAt !== null && !Number.isNaN(Date.parse(observedAt)) ? isoOf(observedAt) : null,
  };
};

/** A year beyond 9999 has another form, which no reader expects. */
const isoOf = (text: string): string | null => {
  const iso = new Date(text).toISOString();
  return iso.length === 24 ? iso : null;
};

/**
 * Where the secret was found: without user, query and fragment, where other secrets stand, and without a path that shows
 * this one, in clear or percent-encoded.
 */
const placeOf = (text: string, isClean: (text: string) => boolean): string | null => {
  const url = text.length <= urlLengthMax && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !(url.protocol === "https:" || url.protocol === "http:")) return null;
  if (!isClean(url.host)) return null;
  const shown = `${url.origin}${url.pathname}`;
  return isClean(shown) && isCleanDecoded(url.pathname, isClean) ? shown : url.origin;
};

/** However often it was encoded. */
const isCleanDecoded = (text: string, isClean: (text: string) => boolean): boolean => {
  const once = decoded(text);
  return isClean(once) && (once === text || isCleanDecoded(once, isClean));
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // What cannot be decoded must not hide what can.
    return text.replace(/%([0-7][\da-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
};
