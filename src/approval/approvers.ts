import { randomBytes } from 'node:crypto';
import type { AuditLog } from '../audit/audit-log.ts';
import { FtsError } from '../errors/fts-error.ts';
import { type Database, immediately } from '../store/database.ts';
import type { ActingPerson } from './acting-person.ts';
import {
  type Approver,
  type ApproverRecord,
  type FollowedChain,
  followChain,
  type RecordContent,
  recordText,
  sameName,
} from './approver-record.ts';
import {
  countRecords,
  insertRecord,
  readCounter,
  readRecords,
  type StoredRecord,
  writeCounter,
  writeKey,
} from './approver-tables.ts';
import { type Credential, fingerprintOf, type PasskeyCredential, type Signature } from './credential.ts';
import { chosenPassphrase } from './passphrase.ts';
import { makePassphraseKey, type PassphraseKey, usualCost } from './passphrase-key.ts';
import { sha256Of } from './signed-text.ts';
import { Unlocking } from './unlock.ts';
import { counterOf } from './verify-passkey.ts';
import { signatureProblem } from './verify-signature.ts';

/** Signs a text as an enrolled approver: with an unlocked key, or with what a browser's passkey answered. */
export interface Signer {
  approverId: string;
  sign(text: string): Signature;
}

/** Audit rows about approvers have one subject, so that they are found together. */
const subject = 'approvers';
const actions: Record<RecordContent['action'], string> = {
  enrol: 'approver.enrolled',
  'add-credential': 'approver.key-added',
  'remove-credential': 'approver.key-removed',
  remove: 'approver.removed',
};
const recordActions = new Set(Object.values(actions));

/**
 * The people whose signature approves. Each enrolment and removal is a record signed by somebody enrolled before; only
 * the first vouches for itself. Every record has its row in the audit log, and one without the other counts for nothing.
 */
export class Approvers {
  private readonly database: Database;
  private readonly audit: AuditLog;
  private readonly now: () => Date;
  private readonly cost: number;
  private readonly unlocking: Unlocking;

  /** `cost` is scrypt's for new keys; tests lower it. */
  constructor(database: Database, audit: AuditLog, options: { now?: () => Date; cost?: number } = {}) {
    this.database = database;
    this.audit = audit;
    this.now = options.now ?? (() => new Date());
    this.cost = options.cost ?? usualCost;
    this.unlocking = new Unlocking(database, audit, this.now);
  }

  /** Whose signature counts now, and whether there are rows that nobody enrolled signed. */
  list(): { approvers: Approver[]; problem?: string } {
    const { approvers, problem } = this.follow();
    return { approvers, ...(problem === undefined ? {} : { problem }) };
  }

  /** Fails with a remedy where nobody is enrolled, or nobody of that name. */
  find(name: string): Approver {
    const { approvers } = this.follow();
    const found = approvers.find((approver) => sameName(approver.name, name));
    if (found !== undefined) return found;
    if (approvers.length === 0) throw nobodyEnrolled();
    throw new FtsError('not-found', `No approver "${name}".`, {
      field: 'approver',
      value: name,
      remedy: `Choose one of: ${approvers.map((approver) => approver.name).join(', ')}.`,
    });
  }

  /** The records that stood when a row of the audit log was written: what a proof of that time carries. */
  recordsBefore(auditSequence: number): ApproverRecord[] {
    const trusted = readRecords(this.database).slice(0, this.follow().valid);
    return trusted
      .filter((record) => record.auditSequence < auditSequence)
      .map(({ text, signature }) => ({ text, signature }));
  }

  /** Why a signature of an approver does not count for a text today; undefined when it does. */
  signatureProblem(text: string, signature: Signature, approverId: string): string | undefined {
    const { approvers, removed } = this.follow();
    const approver = approvers.find(({ id }) => id === approverId);
    if (approver === undefined)
      return removed.has(approverId) ? 'its approver was removed' : 'its approver is not enrolled';
    const credential = approver.credentials.find(({ id }) => id === signature.credentialId);
    if (credential === undefined) return 'it was made with a key that is not enrolled';
    return signatureProblem(text, signature, credential);
  }

  /** Takes note of a passkey's use; a counter that does not grow means that the passkey was copied. */
  takeCounter(signature: Signature): string | undefined {
    if (signature.kind !== 'passkey') return undefined;
    const [counter, last] = [counterOf(signature), readCounter(this.database, signature.credentialId)];
    if (counter === 0 && last === 0) return undefined;
    if (counter <= last) return 'its use counter did not grow: the passkey may have been copied';
    writeCounter(this.database, signature.credentialId, counter);
    return undefined;
  }

  /** Enrols with a new key under a passphrase. Without a signer only the first approver, who vouches for itself. */
  async enrol(
    name: string,
    passphrase: string,
    who: ActingPerson,
    signer?: Signer,
  ): Promise<{ approver: Approver; key: PassphraseKey }> {
    const chosen = chosenPassphrase(passphrase);
    const { credential, encrypted, key } = await makePassphraseKey(chosen, this.cost);
    const id = `approver-${randomBytes(6).toString('hex')}`;
    const by = signer ?? { approverId: id, sign: (text) => key.sign(text) };
    if (signer === undefined && countRecords(this.database) > 0) throw needsSigner();
    const content = this.draft('enrol', { id, name }, credential, by.approverId);
    immediately(this.database, () => {
      this.append(content, by.sign(recordText(content)), who);
      writeKey(this.database, credential.id, { encrypted, failures: 0, blockedUntil: null });
    });
    return { approver: this.find(name), key };
  }

  /** Adds a passkey to an approver, signed by themselves or another enrolled one. */
  addPasskey(approver: Approver, passkey: PasskeyCredential, who: ActingPerson, signer: Signer): void {
    this.changeCredential('add-credential', approver, passkey, who, signer);
  }

  /** Takes a passkey from an approver: approvals signed with it that were not applied yet count no more. */
  removePasskey(approver: Approver, passkey: Credential, who: ActingPerson, signer: Signer): void {
    this.changeCredential('remove-credential', approver, passkey, who, signer);
  }

  /** Removes an approver: approvals of theirs that were not applied yet count no more. */
  remove(name: string, who: ActingPerson, signer: Signer): void {
    const { id, name: known } = this.find(name);
    const content = this.draft('remove', { id, name: known }, null, signer.approverId);
    this.append(content, signer.sign(recordText(content)), who);
  }

  private changeCredential(
    action: 'add-credential' | 'remove-credential',
    { id, name }: Approver,
    credential: Credential,
    who: ActingPerson,
    signer: Signer,
  ): void {
    const content = this.draft(action, { id, name }, credential, signer.approverId);
    this.append(content, signer.sign(recordText(content)), who);
  }

  /** What has to be signed for a change of the approvers, made against the records as they are. */
  draft(
    action: RecordContent['action'],
    approver: { id: string; name: string },
    credential: Credential | null,
    by: string,
  ): RecordContent {
    const { valid, head } = this.follow();
    return {
      sequence: valid + 1,
      previous: head === undefined ? null : sha256Of(head),
      action,
      approver,
      credential,
      by,
      at: this.now().toISOString(),
    };
  }

  /** Appends a signed record with its audit row, or refuses it, with a row that says so. */
  append(content: RecordContent, signature: Signature, who: ActingPerson): void {
    const refusal = immediately(this.database, (): FtsError | undefined => {
      const text = recordText(content);
      const records = readRecords(this.database);
      const chain = this.follow();
      const problem =
        chain.problem ?? followChain([...records, { text, signature }]).problem ?? this.takeCounter(signature);
      const details = {
        approver: content.approver.name,
        by: nameOf(chain, content.by) ?? content.approver.name,
        ...(content.credential === null
          ? {}
          : { kind: content.credential.kind, fingerprint: fingerprintOf(content.credential) }),
        record: sha256Of(text),
      };
      const event = { actor: who.name, channel: who.channel, action: actions[content.action], subject };
      if (problem !== undefined) {
        this.audit.record({ ...event, outcome: 'refused', details: { ...details, reason: problem } });
        return new FtsError('forbidden', `The approvers stay as they are: ${problem}.`, {
          field: 'signature',
          remedy: 'See `fts approvers list`, and let an enrolled approver sign.',
        });
      }
      const row = this.audit.record({ ...event, outcome: 'ok', details });
      insertRecord(this.database, content.sequence, { text, signature, auditSequence: row.sequence });
      return undefined;
    });
    if (refusal !== undefined) throw refusal;
  }

  /** Opens an approver's key. Wrong passphrases are counted, recorded, and answered more and more slowly. */
  async unlock(name: string, passphrase: string, who: ActingPerson): Promise<Signer & { key: PassphraseKey }> {
    const approver = this.find(name);
    const key = await this.unlocking.unlock(approver, passphrase, who);
    return { approverId: approver.id, key, sign: (text) => key.sign(text) };
  }

  /** Encrypts an approver's key anew. The key itself, and so every signature, stays as it is. */
  async changePassphrase(name: string, old: string, chosen: string, who: ActingPerson): Promise<void> {
    const passphrase = chosenPassphrase(chosen);
    const { key } = await this.unlock(name, old, who);
    const approver = this.find(name);
    const credential = approver.credentials.find(({ kind }) => kind === 'passphrase')!;
    const encrypted = await key.encrypt(passphrase, this.cost);
    immediately(this.database, () => {
      writeKey(this.database, credential.id, { encrypted, failures: 0, blockedUntil: null });
      const details = { approver: approver.name, fingerprint: fingerprintOf(credential) };
      this.audit.record({
        actor: who.name,
        channel: who.channel,
        action: 'approver.passphrase-changed',
        subject: approver.name,
        outcome: 'ok',
        details,
      });
    });
  }

  /** Follows the records as far as both the signatures and the audit log vouch for them. */
  private follow(): FollowedChain {
    const records = readRecords(this.database);
    const recorded = [...this.audit.all({ subject, outcome: 'ok' })].filter(({ action }) => recordActions.has(action));
    const vouched = records.slice(0, recorded.length).filter(isRecordedIn(recorded));
    const chain = followChain(vouched);
    if (chain.valid < recorded.length) {
      throw new FtsError('corrupt', 'The approvers are not those of the audit log: somebody changed the database.', {
        field: 'approver_records',
        remedy: 'Nothing can be approved here. Run `fts audit verify`, and restore the database from a backup.',
      });
    }
    const extra = countRecords(this.database) - chain.valid;
    if (extra === 0) return chain;
    const problem = `${extra} record(s) after number ${chain.valid} were not made by fts and count for nothing`;
    return { ...chain, problem };
  }
}

const isRecordedIn =
  (rows: readonly { details: Record<string, unknown>; sequence: number }[]) =>
  ({ text, auditSequence }: StoredRecord, index: number): boolean =>
    rows[index]?.details.record === sha256Of(text) && rows[index]?.sequence === auditSequence;

const nameOf = ({ approvers }: FollowedChain, id: string): string | undefined =>
  approvers.find((approver) => approver.id === id)?.name;

export function nobodyEnrolled(): FtsError {
  return new FtsError('forbidden', 'Nobody is enrolled who could approve.', {
    field: 'approver',
    remedy: 'Enrol yourself once, in a terminal: fts approvers add NAME.',
  });
}

function needsSigner(): FtsError {
  return new FtsError('forbidden', 'There are approvers already: one of them has to sign for a further one.', {
    field: 'approver',
    remedy: 'Run `fts approvers add NAME` in a terminal, where one of them types their passphrase.',
  });
}
