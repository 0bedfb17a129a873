import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  TransactWriteItemsCommandInput,
  TransactWriteItemsCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";

type Answer<Output> = Promise<Omit<Output, "$metadata">>;

/** The operations of DynamoDB that the table is made of. All of them throw `AwsFailure`, and nothing else. */
export interface DynamoCalls {
  batchGet(input: BatchGetItemCommandInput): Answer<BatchGetItemCommandOutput>;
  query(input: QueryCommandInput): Answer<QueryCommandOutput>;
  update(input: UpdateItemCommandInput): Answer<UpdateItemCommandOutput>;
  transact(input: TransactWriteItemsCommandInput): Answer<TransactWriteItemsCommandOutput>;
  close(): void;
}
