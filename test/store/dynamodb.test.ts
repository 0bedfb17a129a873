import { dynamoContract } from "../contract/dynamodb.ts";

dynamoContract("calls", "the SDK");
