import type { AWS } from "@serverless/typescript";

export type Resource = NonNullable<NonNullable<AWS["resources"]>["Resources"]>[string];

/** osls puts it in when it packages; `${AWS::…}` in a `Fn::Sub` is put in by CloudFormation. */
export const stage = `\${sls:stage}`;
/** Of the stack, and of the table. */
export const stackName = `keyway-${stage}`;
export const functionName = (name: string): string => `${stackName}-${name}`;
/** The parameter of the Parameter Store with the values of the variables that `keyway.json` names. */
export const secretsName = `/${stackName}/secrets`;
/** A value of `stages`. */
export const parameter = (name: string): string => `\${param:${name}}`;
