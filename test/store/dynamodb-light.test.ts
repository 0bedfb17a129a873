import { dynamoContract } from "../contract/dynamodb.ts";

// Beside the other, which is run each time: what differs is how a call is signed and sent. See `npm run test:dynamodb`.
dynamoContract("lightCalls", "the light client");
