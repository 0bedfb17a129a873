const hostForm = /^(?:https?:\/\/)?[A-Za-z0-9._:[\]-]{1,255}$/;

/**
 * Whether a Host header names a host and nothing else; tccli sends its whole endpoint, `http://127.0.0.1:8080`. In
 * signature v1 host, path and parameters are joined without a seam, so a Host of `a/?Action=…&` would take the place of
 * parameters that were signed.
 */
export const isHost = (host: string): boolean => hostForm.test(host);

const port = /:\d{1,5}$/;

/** `127.0.0.1:8080` is `127.0.0.1`; `[::1]` stays. */
export const withoutPort = (host: string): string => host.replace(port, "");
