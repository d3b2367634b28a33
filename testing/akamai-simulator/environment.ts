/** What a user would set so that `fts` talks to the simulator, with an account whose secrets are known to the tests. */
export function simulatedEnvironment(origin: string, home: string): NodeJS.ProcessEnv {
  return {
    FTS_HOME: home,
    HOME: home,
    FTS_AKAMAI_MODE: 'change',
    AKAMAI_HOST: origin,
    AKAMAI_CLIENT_TOKEN: 'client-token-1',
    AKAMAI_CLIENT_SECRET: 'client-secret-1',
    AKAMAI_ACCESS_TOKEN: 'access-token-1',
    LINODE_TOKEN: 'linode-token-1',
    LINODE_API_URL: origin,
  };
}
