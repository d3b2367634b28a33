import { join } from 'node:path';
import { Catalogue } from '../../akamai/catalogue/catalogue.ts';
import { CallValidator } from '../../akamai/catalogue/validate-call.ts';
import { changeKinds } from '../../akamai/change-kinds.ts';
import { type Actor, accountReader, ReadOnlyCaller } from '../../akamai/changes/akamai-reader.ts';
import type { Reader } from '../../akamai/changes/change-kind.ts';
import { ChangePlans } from '../../akamai/changes/change-plans.ts';
import { type LostRule, lostRules } from '../../akamai/changes/lost-rules.ts';
import { AkamaiClient } from '../../akamai/client/akamai-client.ts';
import type { AkamaiCaller } from '../../akamai/client/akamai-request.ts';
import { AkamaiTelemetry } from '../../akamai/client/akamai-telemetry.ts';
import type { Account } from '../../akamai/credentials/account.ts';
import { type Accounts, loadAccounts } from '../../akamai/credentials/load-accounts.ts';
import { PropertyIndexCache } from '../../akamai/properties/index-cache.ts';
import { OperationSearch } from '../../akamai/search/search-operations.ts';
import { Approvers } from '../../approval/approvers.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import { openLogger } from '../../runtime/logger.ts';
import type { Services } from '../../services/context.ts';

/** What the Akamai operations share; each part is made on first use and kept for the process. */
export class AkamaiServices {
  readonly #services: Services;
  #catalogue: Catalogue | undefined;
  #validator: CallValidator | undefined;
  #search: OperationSearch | undefined;
  #accounts: Accounts | undefined;
  #client: AkamaiClient | undefined;
  #telemetry: AkamaiTelemetry | undefined;
  #approvers: Approvers | undefined;
  #plans: ChangePlans | undefined;
  #properties: PropertyIndexCache | undefined;

  constructor(services: Services) {
    this.#services = services;
    services.audit.hide(() => secretsOf(this.#accounts));
  }

  /** Rows never hold a secret of the accounts that are loaded. */
  get audit(): AuditLog {
    return this.#services.audit;
  }

  /** The people whose signature approves. */
  get approvers(): Approvers {
    this.#approvers ??= new Approvers(this.#services.database, this.audit);
    return this.#approvers;
  }

  /** The only holder of a client that can write. */
  get plans(): ChangePlans {
    this.#plans ??= new ChangePlans({
      database: this.#services.database,
      audit: this.audit,
      approvers: this.approvers,
      clientForms: () => this.#services.config.values['approval.client-forms'],
      catalogue: this.catalogue,
      validator: this.validator,
      caller: this.#writingClient(),
      accounts: this.accounts,
      kinds: changeKinds,
      mode: () => this.#services.config.values['akamai.mode'],
    });
    return this.#plans;
  }

  /**
   * Settles plans that a dead process was applying, by reading the state back. For the start of a server; what cannot be
   * read yet is tried again at the next apply.
   */
  async settleInterruptedPlans(): Promise<void> {
    if (this.accounts.list().length > 0) await this.plans.settleInterrupted();
  }

  get properties(): PropertyIndexCache {
    this.#properties ??= new PropertyIndexCache(this.#services.home.cache);
    return this.#properties;
  }

  /** What operations and scripts are given: it can only read, and every call is a row of the audit log. */
  reads(actor: Actor): AkamaiCaller {
    return new ReadOnlyCaller(this.#writingClient(), this.catalogue, this.audit, actor);
  }

  reader(context: { caller: Actor; signal: AbortSignal }, as: AkamaiAs): Reader {
    return accountReader(this.reads(context.caller), { ...as, signal: context.signal });
  }

  /** Where `fts akamai sync` puts a refreshed catalogue. */
  get syncedFolder(): string {
    return join(this.#services.home.cache, 'akamai-catalogue');
  }

  get catalogue(): Catalogue {
    this.#catalogue ??= Catalogue.load({ syncedFolder: this.syncedFolder });
    return this.#catalogue;
  }

  /** Rules for kinds of change that the catalogue in use leaves without their operation. */
  get lostRules(): LostRule[] {
    return lostRules(changeKinds, this.catalogue);
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

  /** Metrics and log lines of every call, shown on `/metrics` by a server. */
  get telemetry(): AkamaiTelemetry {
    this.#telemetry ??= new AkamaiTelemetry(openLogger(this.#services.config.values['log.level']));
    return this.#telemetry;
  }

  #writingClient(): AkamaiClient {
    this.#client ??= new AkamaiClient({ accounts: this.accounts, observer: this.telemetry });
    return this.#client;
  }

  /** After a sync the next use reads the new catalogue. */
  forgetCatalogue(): void {
    this.#catalogue = undefined;
    this.#validator = undefined;
    this.#search = undefined;
    this.#plans = undefined;
  }
}

/** Whose credentials a call uses, and which managed account it acts on. */
export interface AkamaiAs {
  account?: string | undefined;
  accountSwitchKey?: string | undefined;
}

function secretsOf(accounts: Accounts | undefined): string[] {
  return (accounts?.list() ?? []).flatMap(({ edgeGrid, linode }: Account) =>
    [edgeGrid?.clientToken, edgeGrid?.clientSecret, edgeGrid?.accessToken, linode?.token].flatMap((secret) =>
      secret === undefined ? [] : [secret.reveal()],
    ),
  );
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
