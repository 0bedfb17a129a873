/** An HTTP request whatever brought it: the local server, API Gateway, a function URL, a direct invocation. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /**
   * The query as sent, without `?`: signatures are over these bytes. Payload v1 of API Gateway loses them; then these
   * are the encodings that a client may have used, and the one whose signature holds is it.
   */
  readonly rawQueries: readonly [string, ...string[]];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The body was longer than its door lets in, and is not here. */
  readonly bodyTooLarge: boolean;
  /** The caller's address, as far as the door can tell. */
  readonly ip: string;
  /** Shared by requests that had all arrived before the first of them was looked at: one read may serve them all. */
  readonly turn?: object;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
