/** As functions/server.ts has it; functions, and the suites on DynamoDB, have schemas as they are. */
import "zod/compile";
