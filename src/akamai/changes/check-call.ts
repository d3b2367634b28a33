import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CallValidator } from '../catalogue/validate-call.ts';
import { originOf } from '../credentials/account.ts';
import type { Accounts } from '../credentials/load-accounts.ts';
import type { ChangeRequest } from './change-kind.ts';
import { type PlannedCall, plannedBody, plannedCallSchema } from './planned-call.ts';

export interface CallChecks {
  catalogue: Catalogue;
  validator: CallValidator;
  accounts: Accounts;
}

/** The exact call that a request means, checked against its operation's schema. Refuses one that changes nothing. */
export function plannedCall(request: ChangeRequest, { catalogue, validator, accounts }: CallChecks): PlannedCall {
  const operation = catalogue.find(request.api, request.operationId);
  if (operation.effect === 'read') {
    throw new FtsError('invalid-input', `${operation.method} ${operation.path} changes nothing, so it needs no plan.`, {
      field: 'operationId',
      value: operation.operationId,
      remedy: 'Call it directly (akamai.call).',
    });
  }
  const valid = validator.validateCall(operation, request);
  const account = accounts.get(request.account);
  const server = valid.server ?? operation.server;
  const pathValues = catalogue.match(valid.method, valid.path)?.pathValues ?? {};
  return parseWith(
    plannedCallSchema,
    {
      api: operation.api,
      operationId: operation.operationId,
      effect: operation.effect,
      account: account.name,
      origin: originOf(account, server),
      accountSwitchKey: server === 'edgegrid' ? (request.accountSwitchKey ?? account.accountSwitchKey) : undefined,
      server,
      method: valid.method,
      template: operation.path,
      pathValues,
      path: valid.path,
      query: Object.fromEntries(Object.entries(valid.query ?? {}).filter(([, value]) => value !== undefined)),
      headers: valid.headers ?? {},
      body: plannedBody(valid.body),
    },
    'the planned call',
  );
}
