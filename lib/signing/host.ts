const port = /:\d{1,5}$/;

/** `127.0.0.1:8080` is `127.0.0.1`; `[::1]` stays. */
export const withoutPort = (host: string): string => host.replace(port, "");
