/**
 * DynamoDB removes a row some time after its `ttl`, so that nothing has to be swept. Whoever reads a row compares its own
 * end; what has ended stays an hour longer, because a process whose clock is behind would count a forgotten minute anew.
 */
export const keptAfterMs = 3_600_000;

/** In seconds, as DynamoDB has it. */
export const ttlOf = (endMs: number): number => Math.floor((endMs + keptAfterMs) / 1000);
