import type { AuditLog } from '../audit/audit-log.ts';
import { FtsError } from '../errors/fts-error.ts';
import { type Database, immediately } from '../store/database.ts';
import type { ActingPerson } from './acting-person.ts';
import type { Approver } from './approver-record.ts';
import { readKey, writeKey } from './approver-tables.ts';
import { typedPassphrase } from './passphrase.ts';
import { openPassphraseKey, type PassphraseKey } from './passphrase-key.ts';

/** So many wrong passphrases cost nothing but time; each further one doubles the wait. */
const freeFailures = 3;
const firstWaitSeconds = 5;
const longestWaitSeconds = 300;

/** Opens keys, and makes guessing slow: by scrypt, by a wait that doubles, and by a row of the audit log for each try. */
export class Unlocking {
  private readonly database: Database;
  private readonly audit: AuditLog;
  private readonly now: () => Date;

  constructor(database: Database, audit: AuditLog, now: () => Date) {
    this.database = database;
    this.audit = audit;
    this.now = now;
  }

  async unlock(approver: Approver, passphrase: string, who: ActingPerson): Promise<PassphraseKey> {
    const typed = typedPassphrase(passphrase);
    const credential = approver.credentials.find(({ kind }) => kind === 'passphrase');
    if (credential === undefined) {
      throw new FtsError('invalid-input', `${approver.name} has no passphrase, only passkeys.`, {
        field: 'approver',
        value: approver.name,
        remedy: 'Approve in the console, with the passkey.',
      });
    }
    const { encrypted } = this.takeTry(approver, credential.id, who);
    const key = await openPassphraseKey(credential.id, encrypted, typed);
    if (key === undefined) throw this.wrong(approver, who);
    this.succeeded(credential.id);
    return key;
  }

  /** Counts the try as failed before it is made, so that many at once gain nothing. */
  private takeTry(approver: Approver, credentialId: string, who: ActingPerson) {
    const taken = immediately(this.database, () => {
      const key = readKey(this.database, credentialId);
      if (key === undefined) {
        return new FtsError('corrupt', `The key of ${approver.name} is not in the database any more.`, {
          field: 'approver',
          value: approver.name,
          remedy: 'Restore the database from a backup, or let another approver enrol them anew.',
        });
      }
      const now = this.now().getTime();
      const waitSeconds = key.blockedUntil === null ? 0 : (Date.parse(key.blockedUntil) - now) / 1000;
      if (waitSeconds > 0 && waitSeconds <= longestWaitSeconds) {
        this.refused(approver, who, 'tried again too soon');
        return new FtsError('rate-limited', `Too many wrong passphrases of ${approver.name}.`, {
          field: 'passphrase',
          retryAfterSeconds: Math.ceil(waitSeconds),
          remedy: `Try again in ${Math.ceil(waitSeconds)} seconds.`,
        });
      }
      const failures = key.failures + 1;
      const excess = failures - freeFailures;
      const wait = excess < 0 ? 0 : Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** Math.min(excess, 10));
      const blockedUntil = wait === 0 ? null : new Date(now + wait * 1000).toISOString();
      writeKey(this.database, credentialId, { encrypted: key.encrypted, failures, blockedUntil });
      return key;
    });
    if (taken instanceof FtsError) throw taken;
    return taken;
  }

  private succeeded(credentialId: string): void {
    immediately(this.database, () => {
      const key = readKey(this.database, credentialId);
      if (key !== undefined)
        writeKey(this.database, credentialId, { encrypted: key.encrypted, failures: 0, blockedUntil: null });
    });
  }

  private wrong(approver: Approver, who: ActingPerson): FtsError {
    this.refused(approver, who, 'wrong passphrase');
    return new FtsError('forbidden', `That is not the passphrase of ${approver.name}.`, {
      field: 'passphrase',
      remedy: 'Type it again. After three wrong ones each further try has to wait longer.',
    });
  }

  private refused(approver: Approver, who: ActingPerson, reason: string): void {
    this.audit.record({
      actor: who.name,
      channel: who.channel,
      action: 'approver.refused',
      subject: approver.name,
      outcome: 'refused',
      details: { reason },
    });
  }
}
