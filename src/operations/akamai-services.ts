import { join } from 'node:path';
import { Catalogue } from '../akamai/catalogue/catalogue.ts';
import { CallValidator } from '../akamai/catalogue/validate-call.ts';
import { AkamaiClient } from '../akamai/client/akamai-client.ts';
import { type Accounts, loadAccounts } from '../akamai/credentials/load-accounts.ts';
import { OperationSearch } from '../akamai/search/search-operations.ts';
import type { Services } from './context.ts';

/** What the Akamai operations share; each part is made on first use and kept for the process. */
export class AkamaiServices {
  readonly #services: Services;
  #catalogue: Catalogue | undefined;
  #validator: CallValidator | undefined;
  #search: OperationSearch | undefined;
  #accounts: Accounts | undefined;
  #client: AkamaiClient | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Where `fts akamai sync` puts a refreshed catalogue. */
  get syncedFolder(): string {
    return join(this.#services.home.cache, 'akamai-catalogue');
  }

  get catalogue(): Catalogue {
    this.#catalogue ??= Catalogue.load({ syncedFolder: this.syncedFolder });
    return this.#catalogue;
  }

  get validator(): CallValidator {
    this.#validator ??= new CallValidator(this.catalogue);
    return this.#validator;
  }

  get search(): OperationSearch {
    this.#search ??= new OperationSearch(this.catalogue);
    return this.#search;
  }

  get accounts(): Accounts {
    this.#accounts ??= loadAccounts({ env: this.#services.environment });
    return this.#accounts;
  }

  get client(): AkamaiClient {
    this.#client ??= new AkamaiClient({ accounts: this.accounts });
    return this.#client;
  }

  /** After a sync the next use reads the new catalogue. */
  forgetCatalogue(): void {
    this.#catalogue = undefined;
    this.#validator = undefined;
    this.#search = undefined;
  }
}

const opened = new WeakMap<object, AkamaiServices>();

/** The process's Akamai services: one set for each opened database. */
export function akamaiOf(services: Services): AkamaiServices {
  let akamai = opened.get(services.database);
  if (!akamai) {
    akamai = new AkamaiServices(services);
    opened.set(services.database, akamai);
  }
  return akamai;
}
