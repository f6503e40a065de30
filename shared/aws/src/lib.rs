//! Adapters of the messaging ports for DynamoDB, Kinesis, SNS, SQS and S3.
