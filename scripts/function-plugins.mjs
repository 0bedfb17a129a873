import plugins from "./bundle-plugins.mjs";

/**
 * Lambda gives a function its credentials as variables. The SDK's default looks in eight places, and brings the clients of
 * three services along for the sake of those that a function does not have.
 *
 * @type {import("esbuild").Plugin}
 */
const withCredentialsOfLambda = {
  name: "with-credentials-of-lambda",
  setup: (build) => {
    build.onLoad({ filter: /@aws-sdk\/credential-provider-node\/dist-es\/index\.js$/ }, () => ({
      contents: 'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";',
    }));
  },
};

export default [...plugins, withCredentialsOfLambda];
