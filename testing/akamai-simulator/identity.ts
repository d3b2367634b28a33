import { ok, type Route } from './route.ts';

/** Who the caller is: the API client, as Akamai names it, and the cloud user. */
export function identityRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/identity-management/v3/api-clients/self',
      handle: ({ query }) =>
        ok({
          clientName: query.has('accountSwitchKey') ? `fts for ${query.get('accountSwitchKey')}` : 'fts',
          clientType: 'CLIENT',
          allowAccountSwitch: true,
          activeCredentialCount: 1,
        }),
    },
    { method: 'GET', path: '/v4/profile', handle: () => ok({ username: 'ana', restricted: false }) },
  ];
}
