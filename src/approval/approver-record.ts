import { z } from 'zod';
import { type Credential, credentialSchema, type Signature, signatureSchema } from './credential.ts';
import { sha256Of, signedContent, signedText } from './signed-text.ts';
import { signatureProblem } from './verify-signature.ts';

const purpose = 'fts-approver-record/1';

const recordContentSchema = z.object({
  /** 1, 2, 3 … without a gap. */
  sequence: z.number().int().positive(),
  /** SHA-256 of the text of the record before; null for the first. */
  previous: z.string().nullable(),
  action: z.enum(['enrol', 'add-credential', 'remove-credential', 'remove']),
  approver: z.object({ id: z.string(), name: z.string() }),
  /** What is added or removed; null where the whole approver is removed. */
  credential: credentialSchema.nullable(),
  /** The approver who signs: the first one vouches for itself, every later record is signed by one enrolled before. */
  by: z.string(),
  at: z.string(),
});
export type RecordContent = z.output<typeof recordContentSchema>;

/** An entry of the chain of enrolments: the text that was signed, and the signature. */
export interface ApproverRecord {
  text: string;
  signature: Signature;
}
export const approverRecordSchema = z.object({ text: z.string(), signature: signatureSchema });

/** Somebody whose signature counts, as of the last record. */
export interface Approver {
  id: string;
  name: string;
  enrolledAt: string;
  enrolledBy: string;
  credentials: Credential[];
}

export interface FollowedChain {
  approvers: Approver[];
  /** How many records, from the first, are valid; what follows counts for nothing. */
  valid: number;
  /** Why the next one is not. */
  problem?: string;
  /** Text of the last valid record. */
  head?: string;
  /** Approvers by id who were removed. */
  removed: Map<string, { name: string; at: string }>;
}

export function recordText(content: RecordContent): string {
  return signedText(purpose, content);
}

export function recordContent(text: string): RecordContent | undefined {
  return recordContentSchema.safeParse(signedContent(purpose, text)).data;
}

/** Follows the records from the first, and stops at the first that an enrolled approver did not sign. */
export function followChain(records: readonly ApproverRecord[]): FollowedChain {
  const chain: FollowedChain = { approvers: [], valid: 0, removed: new Map() };
  for (const record of records) {
    const problem = takeRecord(chain, record);
    if (problem !== undefined) return { ...chain, problem: `record ${chain.valid + 1}: ${problem}` };
    chain.valid++;
    chain.head = record.text;
  }
  return chain;
}

function takeRecord(chain: FollowedChain, { text, signature }: ApproverRecord): string | undefined {
  const content = recordContent(text);
  if (content === undefined || recordText(content) !== text) return 'it cannot be read';
  if (content.sequence !== chain.valid + 1) return 'its number does not follow';
  if (content.previous !== (chain.head === undefined ? null : sha256Of(chain.head)))
    return 'it does not continue the record before it';
  const problem = effectProblem(chain, content);
  if (problem !== undefined) return problem;
  const signer = signerOf(chain, content, signature);
  if (signer === undefined) return 'it is not signed by an enrolled approver';
  const signatureFault = signatureProblem(text, signature, signer);
  if (signatureFault !== undefined) return signatureFault;
  takeEffect(chain, content);
  return undefined;
}

/** The first record is signed by the key that it enrols, in a terminal; any later one by an approver enrolled before. */
function signerOf(chain: FollowedChain, content: RecordContent, signature: Signature): Credential | undefined {
  if (chain.valid === 0) {
    const { by, approver, credential } = content;
    return by === approver.id && credential?.kind === 'passphrase' ? credential : undefined;
  }
  const by = chain.approvers.find(({ id }) => id === content.by);
  return by?.credentials.find(({ id }) => id === signature.credentialId);
}

function effectProblem(chain: FollowedChain, { action, approver, credential }: RecordContent): string | undefined {
  const known = chain.approvers.find(({ id }) => id === approver.id);
  if (action === 'enrol') {
    if (credential === null) return 'it enrols nobody';
    if (known !== undefined || chain.removed.has(approver.id)) return 'its approver was enrolled before';
    if (chain.approvers.some(({ name }) => sameName(name, approver.name))) return 'its name is taken';
    return isKnownCredential(chain, credential.id) ? 'its key is enrolled already' : undefined;
  }
  if (chain.valid === 0) return 'the first record has to enrol somebody';
  if (known?.name !== approver.name) return 'its approver is not enrolled';
  if (action === 'remove') {
    if (credential !== null) return 'it names a key and an approver';
    return chain.approvers.length === 1 ? 'it removes the last approver' : undefined;
  }
  if (credential === null) return 'it names no key';
  if (action === 'add-credential')
    return isKnownCredential(chain, credential.id) ? 'its key is enrolled already' : undefined;
  if (!known.credentials.some(({ id }) => id === credential.id)) return 'its key is not enrolled';
  return known.credentials.length === 1 ? 'it removes the last key of its approver' : undefined;
}

function takeEffect(chain: FollowedChain, content: RecordContent): void {
  const { action, approver, credential, at } = content;
  const known = chain.approvers.find(({ id }) => id === approver.id);
  if (action === 'enrol') {
    chain.approvers.push({ ...approver, enrolledAt: at, enrolledBy: content.by, credentials: [credential!] });
  } else if (action === 'remove') {
    chain.approvers = chain.approvers.filter(({ id }) => id !== approver.id);
    chain.removed.set(approver.id, { name: approver.name, at });
  } else if (action === 'add-credential') {
    known!.credentials.push(credential!);
  } else {
    known!.credentials = known!.credentials.filter(({ id }) => id !== credential!.id);
  }
}

function isKnownCredential(chain: FollowedChain, id: string): boolean {
  return chain.approvers.some(({ credentials }) => credentials.some((credential) => credential.id === id));
}

/** Names that look alike to a reader are one name. */
export function sameName(left: string, right: string): boolean {
  return left.normalize('NFKC').toLowerCase() === right.normalize('NFKC').toLowerCase();
}
