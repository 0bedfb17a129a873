/** What may differ from stage to stage; a stage that is not here has the defaults. No secret stands in this file. */
export const stages = {
  default: {
    /** Calls per second that the whole API takes, and so many at once: what is beyond is answered 429 by the gateway. */
    requestsPerSecond: 500,
    requestsAtOnce: 1000,
    /**
     * The token of the authorizer, as a reference that CloudFormation resolves:
     * `{{resolve:secretsmanager:keyway/authorizer-token}}`. Without one the authorizer lets nobody in.
     */
    authorizerToken: "",
    authorizerQuery: "",
  },
  prod: { requestsPerSecond: 5000, requestsAtOnce: 5000 },
};
